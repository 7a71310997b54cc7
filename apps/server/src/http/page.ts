// The built page: files by their exact names, everything else index.html, whose script knows the routes.
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

export type Page = (path: string, request: Request) => Promise<Response>;

/** `dist` is what the page's build wrote, with .br files beside the large ones. */
export async function createPage(dist: string): Promise<Page> {
  const files = new Set(await listFiles(dist));
  return async (path, request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status: 405 });
    if (!files.has("/index.html")) return notBuilt();
    const name = files.has(path) ? path : "/index.html";
    if (name === "/index.html" && extname(path) !== "" && path !== "/index.html")
      return new Response("not found", { status: 404 });
    const isCompressed = files.has(`${name}.br`) && /\bbr\b/.test(request.headers.get("accept-encoding") ?? "");
    const bytes = await readFile(join(dist, isCompressed ? `${name}.br` : name));
    const headers = new Headers({
      "content-type": types[extname(name)] ?? "application/octet-stream",
      "cache-control": name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
    });
    if (isCompressed) headers.set("content-encoding", "br");
    return new Response(request.method === "HEAD" ? null : new Uint8Array(bytes), { headers });
  };
}

async function listFiles(dist: string): Promise<string[]> {
  try {
    const entries = await readdir(dist, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => `/${relative(dist, join(entry.parentPath, entry.name)).split(sep).join("/")}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function notBuilt(): Response {
  const text = "The page is not built yet. Run: npm run build";
  return new Response(text, { status: 503, headers: { "content-type": "text/plain; charset=utf-8" } });
}
