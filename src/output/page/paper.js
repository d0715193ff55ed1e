// Paper is narrower than a screen and has a higher resolution. The charts are drawn again for it, as pictures, because
// not every browser prints a canvas.
const pictures = [];

function fit(pixelRatio) {
  for (const { graph } of charts) {
    graph.updateOptions({ pixelRatio }, true);
    graph.resize();
  }
  view.redraw();
}

function beforePaper() {
  document.documentElement.classList.add("printing");
  fit(3);
  for (const canvas of document.querySelectorAll(".plot canvas")) {
    const picture = element("img", { alt: "", class: canvas.className, src: canvas.toDataURL() });
    picture.style.cssText = canvas.style.cssText;
    canvas.after(picture);
    pictures.push(picture);
  }
}

function afterPaper() {
  document.documentElement.classList.remove("printing");
  for (const picture of pictures.splice(0)) picture.remove();
  fit(null);
}

addEventListener("beforeprint", beforePaper);
addEventListener("afterprint", afterPaper);
