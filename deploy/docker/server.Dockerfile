# syntax=docker/dockerfile:1
# The text-to-image server. Two images come from here:
#
#   docker build -f deploy/docker/server.Dockerfile -t easel-server .
#   docker build -f deploy/docker/server.Dockerfile --target gpu -t easel-server-gpu .
#
# The first paints with the embedded model on a CPU. The second has torch with CUDA (its
# libraries come with torch's wheels, the driver from the host) for any other model. Either
# has Ray, too, with --build-arg EXTRA=requirements-ray.txt.

ARG DEBIAN=debian:trixie-slim
# requirements-telemetry.txt on top: with traces for an OpenTelemetry collector.
ARG EXTRA=requirements-server.txt

FROM ${DEBIAN} AS python
# Debian's release fixes the minor versions, and its updates are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/venv
WORKDIR /build

FROM python AS packages
ARG EXTRA
COPY backend/requirements-server.txt backend/${EXTRA} ./
# pip makes the byte code that a read-only container cannot write, and then is in the way.
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        -r requirements-server.txt \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r "${EXTRA}" \
    && /opt/venv/bin/pip uninstall --yes pip

FROM python AS gpu-packages
ARG EXTRA
COPY backend/requirements-torch.txt backend/${EXTRA} ./
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        -r requirements-torch.txt \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r "${EXTRA}" \
    && /opt/venv/bin/pip uninstall --yes pip

FROM ${DEBIAN} AS base
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 easel \
    && useradd --uid 10001 --gid easel --no-create-home --home-dir /nonexistent easel \
    && install -d -o easel -g easel /var/lib/easel /var/cache/easel
WORKDIR /opt/easel/backend
COPY models /opt/easel/models
COPY deploy/docker/answers.py deploy/docker/on_ray.py /opt/easel/
COPY backend/easel ./easel
COPY backend/text2image_server.py ./
RUN python3 -m compileall -q .
# Models of a hub are kept below HF_HOME, what `--compile` makes below the other two. The
# last two are for Ray: its workers find the engines, and it reports nothing.
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TEXT2IMAGE_PORT=8001 \
    TEXT2IMAGE_DATA_DIR=/var/lib/easel \
    HF_HOME=/var/cache/easel/huggingface \
    TRITON_CACHE_DIR=/var/cache/easel/triton \
    TORCHINDUCTOR_CACHE_DIR=/var/cache/easel/inductor \
    PYTHONPATH=/opt/easel/backend \
    RAY_USAGE_STATS_ENABLED=0
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
    CMD ["python", "/opt/easel/answers.py", "http://127.0.0.1:8001/livez"]
CMD ["python", "text2image_server.py"]

FROM base AS gpu
# `--compile` has Triton build its launchers with a C compiler and Python's headers.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev python3-dev \
    && rm -rf /var/lib/apt/lists/*
COPY --from=gpu-packages /opt/venv /opt/venv
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001

# The last one is built where no target is named.
FROM base AS light
COPY --from=packages /opt/venv /opt/venv
USER 10001:10001
