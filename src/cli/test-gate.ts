// A command line typed against a gate that answers what the test says: nothing behind it, so that a gate can be late, wrong or broken.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExitCode } from '../base/error-codes.ts'
import type { ChangeId } from '../base/id.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

/** A change as a gate shows it. */
export const VIEW = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8'),
) as { readonly id: ChangeId }

export interface TypedThere {
  readonly exit: ExitCode
  /** What was written, as one line, wherever the terminal has broken it. */
  readonly said: string
  /** The same as it stands. */
  readonly lines: readonly string[]
  /** Paths that were posted to. */
  readonly posted: readonly string[]
}

/** Types the words; `answer`: what the gate says at a path. */
export async function typeThere(
  words: readonly string[],
  answer: (path: string) => object,
  terminal: { readonly interactive?: boolean } = {},
): Promise<TypedThere> {
  const posted: string[] = []
  const gate = createServer((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'POST') posted.push(path)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(path)))
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  try {
    const to = written(terminal)
    const exit = await main(words, {
      environment: {
        SEKISHO_URL: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
        SEKISHO_TOKEN: 'x',
        HOME: '/nonexistent',
        LANG: 'en_US.UTF-8',
      },
      streams: to.streams,
      stdin: async () => Buffer.alloc(0),
      uid: 1000,
      interrupted: new AbortController().signal,
    })
    const text = to.out() + to.err()
    return { exit, posted, said: text.replaceAll(/\s+/g, ' '), lines: text.split('\n') }
  } finally {
    gate.close()
  }
}
