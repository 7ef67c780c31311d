/** A registry of one model in a process of its own: `bun pull-server.ts FILE DIGEST`. Prints its address. */
const [path = "", digest = ""] = process.argv.slice(2);
const file = Bun.file(path);
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.docker.distribution.manifest.v2+json",
  layers: [{ mediaType: "application/vnd.ollama.image.model", digest: `sha256:${digest}`, size: file.size }],
});

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    if (request.url.includes("/manifests/")) return new Response(manifest);
    const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.get("range") ?? "") ?? [];
    if (start === undefined || end === undefined) return new Response(file);
    return new Response(file.slice(Number(start), Number(end) + 1), {
      status: 206,
      headers: { "content-range": `bytes ${start}-${end}/${file.size}` },
    });
  },
});
process.stdout.write(`${server.url.href}\n`);
