# syntax=docker/dockerfile:1
# The studio: Next.js' standalone server. One build serves any gateway: GATEWAY_URL is
# read at the start.
#
#   docker build -f deploy/docker/studio.Dockerfile -t easel-studio .

ARG DEBIAN=debian:trixie-slim

FROM ${DEBIAN} AS build
# Debian's release fixes the minor versions, and its updates are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/easel
ENV NEXT_TELEMETRY_DISABLED=1
COPY frontend/package.json frontend/package-lock.json ./
# A registry that lacks other systems' builds of a package leaves them out of the lock,
# which `npm ci` then refuses; `npm install` takes the locked versions all the same.
RUN npm ci --no-audit --no-fund \
    || npm install --no-save --no-audit --no-fund
COPY frontend/next.config.ts frontend/tsconfig.json ./
COPY frontend/scripts ./scripts
COPY frontend/src ./src
RUN npm run build

FROM ${DEBIAN} AS studio
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates nodejs \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 easel \
    && useradd --uid 10001 --gid easel --no-create-home --home-dir /nonexistent easel
WORKDIR /opt/easel
COPY --from=build /opt/easel/.next/standalone ./.next/standalone
COPY --from=build /opt/easel/scripts/start.mjs ./scripts/start.mjs
COPY deploy/docker/answers.mjs ./
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOSTNAME=0.0.0.0 \
    PORT=3000
EXPOSE 3000
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["node", "answers.mjs", "http://127.0.0.1:3000/icon.svg"]
CMD ["node", "scripts/start.mjs"]
