# One image for every service; the command says which one it is. Sources run as they are, so nothing is built.
FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force && mkdir /data && chown 1000:1000 /data
COPY main.ts LICENSE ./
COPY cli cli
COPY connectors connectors
COPY docs/openapi.json docs/openapi.json
COPY processors processors
COPY runtime runtime
COPY schemas schemas
COPY sdk sdk
USER 1000:1000
ENV FLEETSTREAM_DATA=/data
VOLUME /data
ENTRYPOINT ["node", "/app/main.ts"]
CMD ["--help"]
