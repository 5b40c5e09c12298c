// Asks sekisho-watch to look at checks now: one line out, one line back over its socket. A process that does not answer is a fact.
import { createConnection } from 'node:net'
import { isObject } from '../base/json.ts'
import { type CheckId, type Round, readRound } from '../checks/result.ts'
import { watchPlacesOf } from '../checks/watch-places.ts'
import type { Gate } from './gate.ts'

const ANSWER_LIMIT = 33_554_432
const LIMIT_MS = 75_000

/** Undefined: nobody answered. */
export async function askWatch(gate: Gate, look: readonly CheckId[]): Promise<Round | undefined> {
  if (gate.watchDirectory === undefined) return undefined
  const text = await exchange(
    watchPlacesOf(gate.watchDirectory).socket,
    `${JSON.stringify({ v: 1, look })}\n`,
  )
  try {
    const said: unknown = JSON.parse(text ?? '')
    return isObject(said) ? readRound(said) : undefined
  } catch {
    return undefined // It ended in the middle of its answer.
  }
}

function exchange(path: string, line: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    let text = ''
    const end = (answer: string | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('utf8')
    socket.setTimeout(LIMIT_MS, () => end(undefined))
    socket.once('error', () => end(undefined))
    socket.once('connect', () => socket.write(line))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > ANSWER_LIMIT) end(undefined)
      else if (text.endsWith('\n')) end(text)
    })
    socket.once('close', () => end(undefined))
  })
}
