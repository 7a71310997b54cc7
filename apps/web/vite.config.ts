import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const hub = process.env.ANYWORK_DEV_HUB ?? "http://127.0.0.1:7000";
export default defineConfig({
  plugins: [react(), tailwind()],
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
