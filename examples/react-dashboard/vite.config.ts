import { defineConfig } from 'vite';

const target = process.env.REGISTRY ?? 'http://localhost:5000';

export default defineConfig({
  server: {
    // The page and the registry share an origin, so that CORS does not apply.
    proxy: { '/registry/': { target, changeOrigin: true, rewrite: (path) => path.replace(/^\/registry/, '') } },
  },
  // The package loads its parts with import(), which only module workers can.
  worker: { format: 'es' },
});
