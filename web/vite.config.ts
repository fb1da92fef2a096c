import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/consoles', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The list of chunks lets the bundle's weight be measured by page (see test/web).
    manifest: true,
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/cti': { target: 'ws://127.0.0.1:8080', ws: true } } },
});
