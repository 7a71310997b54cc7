import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const hub = process.env.ANYWORK_DEV_HUB ?? "http://127.0.0.1:7000";
const compress = promisify(brotliCompress);

/** Writes a .br file beside what is worth it: the hub sends it as it is and compresses nothing while it works. */
function brotli(): Plugin {
  return {
    name: "brotli",
    apply: "build",
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const files = await readdir(dir, { recursive: true, withFileTypes: true });
      await Promise.all(
        files
          .filter((file) => file.isFile() && /\.(js|css|svg|html)$/.test(file.name))
          .map(async (file) => {
            const path = join(file.parentPath, file.name);
            const bytes = await readFile(path);
            if (bytes.length > 1024) await writeFile(`${path}.br`, await compress(bytes));
          }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwind(), brotli()],
  // The hub's policy allows no data: fonts and no inline scripts: nothing is inlined, no preload polyfill is written.
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
  },
  server: {
    port: 5173,
    strictPort: true,
    // The hub checks Host and Origin exactly: both are rewritten to its own.
    proxy: {
      "/api": { target: hub, changeOrigin: true, headers: { origin: hub } },
      "/ws": { target: hub, changeOrigin: true, ws: true, headers: { origin: hub } },
    },
  },
});
