/** Starts a module as a thread, from source (under tsx) as well as built. */
import { Worker } from 'node:worker_threads';

/** `module`: without its ending, `new URL('./worker', import.meta.url)`; `mostYoungMb`: of objects just made, by default as many as V8 likes. */
export function startThread(module: URL, workerData?: object, mostYoungMb?: number): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(`${module.href}.${fromSource ? 'ts' : 'js'}`);
  const resourceLimits = mostYoungMb === undefined ? {} : { maxYoungGenerationSizeMb: mostYoungMb };
  // A thread takes no flags of V8, which the process may have been given.
  const execArgv = fromSource ? process.execArgv : [];
  return new Worker(fromSource ? bootstrap(url) : url, { execArgv, workerData, resourceLimits });
}

/** tsx registers itself in the main thread only; a thread of TypeScript has to do it anew. */
function bootstrap(url: URL): URL {
  const script = `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register(); await import(${JSON.stringify(url.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}
