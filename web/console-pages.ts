/** A page of its own for each console, that names all it will need: its browser asks for everything at once, not for the rest when the first script says so. */
import type { Plugin } from 'vite';

type Bundle = Parameters<Extract<NonNullable<Plugin['generateBundle']>, (...args: never[]) => unknown>>[1];

/** `consoles`: folders of `web/`, each with a `page.tsx` that `main.tsx` imports when the address asks for it. */
export const consolePages = (consoles: readonly string[]): Plugin => ({
  name: 'console-pages',
  enforce: 'post',
  generateBundle(_, bundle) {
    const index = bundle['index.html'];
    if (index?.type !== 'asset') throw new Error('web/index.html is not in the build');
    const page = String(index.source);
    for (const console of consoles) {
      const chunk = Object.values(bundle).find((each) => each.type === 'chunk' && each.facadeModuleId?.endsWith(`/web/${console}/page.tsx`) === true);
      if (chunk === undefined) throw new Error(`web/${console}/page.tsx is no chunk of its own: main.tsx must import it when it is asked for`);
      const links = [...filesOf(bundle, chunk.fileName)].filter((file) => !page.includes(file)).map(link);
      this.emitFile({ type: 'asset', fileName: `${console}.html`, source: page.replace('</head>', `  ${links.join('\n    ')}\n  </head>`) });
    }
  },
});

const link = (file: string): string => `<link rel="${file.endsWith('.css') ? 'stylesheet' : 'modulepreload'}" crossorigin href="/${file}">`;

/** A chunk, its styles, and all that it imports, once each. */
function filesOf(bundle: Bundle, fileName: string, files = new Set<string>()): Set<string> {
  const chunk = bundle[fileName];
  if (chunk?.type !== 'chunk' || files.has(fileName)) return files;
  for (const file of [...(chunk.viteMetadata?.importedCss ?? []), fileName]) files.add(file);
  for (const imported of chunk.imports) filesOf(bundle, imported, files);
  return files;
}
