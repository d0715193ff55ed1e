# The static program and nothing else, from what tools/release makes:
# docker build --build-arg PROGRAM=dist/rusage-bpf-0.2.0-x86_64 -t rusage-bpf .
FROM scratch
ARG PROGRAM
COPY ${PROGRAM} /usr/bin/rusage-bpf
ENTRYPOINT ["/usr/bin/rusage-bpf"]
