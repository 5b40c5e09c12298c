// The socket on which the gate asks for a look now: one line of JSON in, one line out. It can ask for checks that the rules declare, and
// for nothing else.
import { chmod, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { decode, list, literal, matching, object } from '../base/decode.ts'
import type { JsonObject } from '../base/json.ts'
import { familyOf, isCheckId } from '../checks/result.ts'
import type { Looker } from './looker.ts'
import type { Spool } from './spool.ts'

const LINE_LIMIT = 65_536
const IDLE_MS = 90_000
const request = object({ v: literal(1), look: list(matching(isCheckId, 'a check'), 1000) })

export interface WatchDoor {
  close(): Promise<void>
}

export async function openWatchDoor(
  path: string,
  looker: Looker,
  spool: Spool,
  refresh: () => Promise<void>,
  log: (sentence: string, values: JsonObject) => void,
): Promise<WatchDoor> {
  await rm(path, { force: true })
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > LINE_LIMIT) {
        socket.destroy()
        return
      }
      const end = text.indexOf('\n')
      if (end === -1) return
      const line = text.slice(0, end)
      text = ''
      answer(line, looker, spool, refresh).then(
        (said) => socket.end(`${JSON.stringify(said)}\n`),
        (error: unknown) => {
          log('a look was not answered', { why: String(error) })
          socket.destroy()
        },
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
  await chmod(path, 0o660)
  return {
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(path, { force: true })
    },
  }
}

async function answer(
  line: string,
  looker: Looker,
  spool: Spool,
  refresh: () => Promise<void>,
): Promise<object> {
  const read = decode(request, parsed(line))
  if (!read.ok) return { v: 1, refused: `${read.at}: ${read.why}` }
  await refresh()
  const wanted = new Set(read.value.look.map(familyOf))
  const looked = await looker.look(looker.definitions().filter(({ id }) => wanted.has(id)))
  await spool.write(looked.ran, looked.results)
  return { v: 1, ...looked }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
