// A process of its own that judges texts by the guard that lies in another directory: `node judge.ts DIRECTORY`, texts and policy on standard input.
import { join } from 'node:path'
import { argv, stdin, stdout } from 'node:process'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import type { decide } from '../../../src/guard/decide.ts'
import type { compile, GuardPolicy } from '../../../src/guard/policy.ts'

const load = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(join(argv[2] ?? '', 'guard', file)).href)) as T

const given = JSON.parse(await text(stdin)) as {
  readonly policy: GuardPolicy
  readonly cwd: string
  readonly texts: readonly string[]
}
const guard = await load<{ decide: typeof decide }>('decide.ts')
const policy = await load<{ compile: typeof compile }>('policy.ts')
const compiled = policy.compile(given.policy)
const { cwd } = given
const verdicts = given.texts.map((one) => guard.decide({ kind: 'shell', text: one, cwd }, compiled).verdict)
stdout.write(JSON.stringify(verdicts))
