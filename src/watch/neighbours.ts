// Whether gate and runner live, as this process sees it: the gate answers on its port, and says whether the runner answers it. Nobody else
// could tell that both are silent.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import { probeHttp } from '../sys/net.ts'

const EVERY_MS = 15_000
const TIMEOUT_MS = 5000

export interface Neighbours {
  isWell(): boolean
  /** Time since boot since which the gate has not answered; undefined while it does. */
  silentSince(): number | undefined
}

export function watchNeighbours(data: string, clock: Clock, signal: AbortSignal): Neighbours {
  let isWell = false
  let silent: number | undefined = clock.uptime()
  const look = async () => {
    while (!signal.aborted) {
      const seen = await askGate(data, signal)
      isWell = seen === 'well'
      silent = seen === 'silent' ? (silent ?? clock.uptime()) : undefined
      await clock.sleep(EVERY_MS, signal).catch(() => {})
    }
  }
  void look()
  return { isWell: () => isWell, silentSince: () => silent }
}

async function askGate(data: string, signal: AbortSignal): Promise<'well' | 'without runner' | 'silent'> {
  const port = await portOf(join(data, 'gate.json'))
  if (port === undefined) return 'silent'
  const answer = await probeHttp(`http://127.0.0.1:${port}/healthz`, { timeoutMs: TIMEOUT_MS, signal })
  if (answer.kind === 'failed' || answer.status !== 200) return 'silent'
  const said = parsed(answer.body.toString('utf8'))
  return isObject(said) && said['runner'] === true ? 'well' : 'without runner'
}

async function portOf(path: string): Promise<number | undefined> {
  const said = parsed(await readFile(path, 'utf8').catch(() => ''))
  const port = isObject(said) ? said['port'] : undefined
  return typeof port === 'number' ? port : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
