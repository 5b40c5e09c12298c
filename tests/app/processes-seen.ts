// Arguments and environment of every process of some programs that runs meanwhile. A thread of its own looks all the time: many of them live for a few
// milliseconds, and whoever looks now and then, beside other work, misses them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** Begins to look; the answer ends it, and tells what was seen. `programs`: what fits is looked at, by the path of the program. */
export function seeProcesses(programs: RegExp): () => Promise<readonly string[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: programs })
  worker.unref()
  return async () => {
    const seen = new Promise<readonly string[]>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.postMessage('end')
    return await seen
  }
}

function look(programs: RegExp, seen: Set<string>): void {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      if (!programs.test(readlinkSync(`/proc/${pid}/exe`))) continue
      for (const file of ['cmdline', 'environ']) seen.add(readFileSync(`/proc/${pid}/${file}`, 'latin1'))
    } catch {
      // It has ended.
    }
  }
}

if (!isMainThread && workerData instanceof RegExp) {
  const seen = new Set<string>()
  const looking = setInterval(() => look(workerData, seen), 1)
  parentPort?.once('message', () => {
    clearInterval(looking)
    parentPort?.postMessage([...seen])
  })
}
