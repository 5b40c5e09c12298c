// Holds the sockets of a socket unit in the room, as PID 1 does on a host: they listen before the service starts and while it is replaced, so who connects meanwhile
// waits in their queue. The service gets them from descriptor 3 on (sd_listen_fds(3)).
import { Worker } from 'node:worker_threads'
import type { HeldSocket } from './protocol.ts'

/**
 * In a thread that listens and then never turns again: a socket that an event loop looks at would take the connections itself. The descriptor is that of the whole
 * process.
 */
const HOLDER = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer()
server.once('error', (error) => parentPort.postMessage({ error: error.message }))
server.listen(workerData, () => {
  parentPort.postMessage({ fd: server._handle.fd })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
`
const BACKLOG = 4096

export interface Sockets {
  /** Of this process, in the order of the unit. */
  readonly descriptors: readonly number[]
  readonly names: readonly string[]
  close(): Promise<void>
}

/** Throws what the kernel says of an address that cannot be had. */
export async function holdSockets(sockets: readonly HeldSocket[]): Promise<Sockets> {
  const workers: Worker[] = []
  const descriptors: number[] = []
  for (const { host, port, path } of sockets) {
    const at = path === undefined ? { host, port, backlog: BACKLOG } : { path, backlog: BACKLOG }
    const worker = new Worker(HOLDER, { eval: true, workerData: at })
    workers.push(worker)
    worker.unref()
    descriptors.push(await descriptorOf(worker))
  }
  return {
    descriptors,
    names: sockets.map(({ name }) => name),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function descriptorOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.ref()
    worker.once('error', reject)
    worker.once('message', (said: { readonly fd?: number; readonly error?: string }) => {
      worker.unref()
      if (said.fd === undefined) reject(new Error(said.error ?? 'no socket'))
      else resolve(said.fd)
    })
  })
}

/** The program with the sockets announced to it: LISTEN_PID is its own id, which only it knows. */
export function withSockets(argv: readonly string[], names: readonly string[]): readonly string[] {
  if (names.length === 0) return argv
  return [
    'sh',
    '-c',
    'LISTEN_PID=$$ && export LISTEN_PID && exec "$@"',
    'sh',
    'env',
    `LISTEN_FDS=${names.length}`,
    `LISTEN_FDNAMES=${names.join(':')}`,
    ...argv,
  ]
}
