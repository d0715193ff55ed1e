// Paper is narrower than a screen, and its dots are finer. The charts are drawn anew for it, as
// pictures, since what a canvas shows does not come to paper in every browser.
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
