import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { consolePages } from './console-pages.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [react(), consolePages(['agent', 'supervisor', 'admin', 'account'])],
  build: {
    outDir: fileURLToPath(new URL('../dist/consoles', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The list of chunks lets the bundle's weight be measured by page (see test/web).
    manifest: true,
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        // A browser has six requests on the way at once, and a file of 600 bytes takes as long as one of 20,000: what every page needs comes as one.
        codeSplitting: { groups: [{ name: 'base', tags: ['$initial'] }] },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/cti': { target: 'ws://127.0.0.1:8080', ws: true } } },
});
