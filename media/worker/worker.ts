/** Thread entry: takes orders from the main thread in the order they come, answers each, tells events. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../kernel/clock.ts';
import { MediaError } from '../port.ts';
import { openEngine } from './engine.ts';
import { House } from './house.ts';
import type { FromWorker, Order, OrderHandlers, OrderName, WorkerSetup } from './messages.ts';

const parent = parentPort;
if (parent === null) throw new Error('this module runs as a worker thread');
const post = (message: FromWorker): void => parent.postMessage(message);
const { engine } = workerData as WorkerSetup;
const house = new House(systemClock, post, openEngine(engine));

async function carryOut<Name extends OrderName>({ id, name, params }: Order<Name>): Promise<void> {
  try {
    const handle: OrderHandlers[Name] = house.handlers[name];
    post({ id, result: await handle(params) });
  } catch (error) {
    if (!(error instanceof MediaError)) house.fault(error);
    post({ id, error: error instanceof MediaError ? { code: error.code, message: error.message } : { code: 'internal', message: 'the worker failed' } });
  }
}

parent.on('message', (order: Order) => void carryOut(order));
