# syntax=docker/dockerfile:1
# The image: the worker on a base without a shell, without root, with a read-only root file system if you like.
#   docker build -t ingest .
#   docker run --read-only --tmpfs /tmp -v ingest:/var/lib/ingest -p 8080:8080 --stop-timeout 60 -e INGEST_Intake__Anonymous=true ingest
# Who may send has to be said: keys (INGEST_Intake__KeysFile), tokens (INGEST_Intake__IntrospectionUrl), or anyone, as here.
# Pin the two bases by digest for builds that must not move: --build-arg RUNTIME=mcr.microsoft.com/dotnet/aspnet@sha256:...
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

# Compiles on the builder's own processor for the target's: the output is portable but for the host file.
FROM --platform=$BUILDPLATFORM ${SDK} AS build
ARG TARGETARCH
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig LICENSE ./
COPY docs/openapi.json docs/
COPY wal wal
COPY src src
RUN --mount=type=cache,target=/root/.nuget/packages \
    dotnet publish src/Ingest.Worker/Ingest.Worker.csproj -c Release -a "${TARGETARCH:-amd64}" --no-self-contained -o /app --nologo \
 && mkdir /data

# The health check: a static program of 80 lines, because the base has neither a shell nor curl, and a start of .NET costs 60 ms of processor.
FROM --platform=$BUILDPLATFORM ${SDK} AS live
ARG TARGETARCH
COPY deploy/image/live.c /live.c
RUN target="${TARGETARCH:-amd64}" compiler=gcc packages="gcc libc6-dev" \
 && if [ "$target" != "$(dpkg --print-architecture)" ]; then \
      case "$target" in amd64) machine=x86-64 ;; arm64) machine=aarch64 ;; esac; \
      packages="gcc-$machine-linux-gnu libc6-dev-$target-cross" compiler="$(echo "$machine" | tr - _)-linux-gnu-gcc"; \
    fi \
 && apt-get update && apt-get install --yes --no-install-recommends $packages \
 && "$compiler" -O2 -Wall -Wextra -Werror -static -s -o /live /live.c

FROM ${RUNTIME}
LABEL org.opencontainers.image.title="ingest" \
      org.opencontainers.image.description="HTTP event intake that answers 202 when the events are on disk" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /app /app
COPY --from=live /live /app/live
# The volume's mount point belongs to the user below; a named volume takes its owner from here.
COPY --from=build --chown=1654:1654 /data /var/lib/ingest
# The admin listener stays on loopback, where it needs no token; health is answered on the intake port too. To let Prometheus in, set
# INGEST_Listen__Admin=http://*:8081 and INGEST_Admin__Token.
# Diagnostics (dotnet-trace, dotnet-counters, dotnet-dump) talk through a socket in /tmp: mount one that can be written.
ENV INGEST_Data=/var/lib/ingest \
    INGEST_Listen__Intake=http://*:8080 \
    INGEST_Listen__Admin=http://127.0.0.1:8081 \
    ASPNETCORE_HTTP_PORTS= \
    DOTNET_EnableDiagnostics=1 \
    TMPDIR=/tmp
WORKDIR /var/lib/ingest
VOLUME ["/var/lib/ingest"]
EXPOSE 8080 8081
# By number, so that Kubernetes can tell it is not root.
USER 1654:1654
# A drain: up to 40 s with the defaults (docs/timeouts.md). Docker kills after 10 s unless told otherwise: --stop-timeout 60.
STOPSIGNAL SIGTERM
# Live, not ready: what kills unhealthy containers must leave one alone that drains, or whose disk is full.
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --start-interval=1s --retries=3 CMD ["/app/live"]
ENTRYPOINT ["/app/ingest"]
CMD ["serve"]
