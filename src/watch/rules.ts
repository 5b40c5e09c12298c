// The rules in force, as `config apply` compiled them: read at the start, and again when the file is another one.
import { stat } from 'node:fs/promises'
import { decode } from '../base/decode.ts'
import { type JsonObject, parseJson } from '../base/json.ts'
import { type CompiledPolicy, compiledPolicy } from '../plans/policy.ts'
import { readRegular } from '../sys/files.ts'

const LIMIT = 4_194_304
const POLL_MS = 2000

export interface WatchRules {
  /** Undefined until there are rules that can be read. */
  current(): CompiledPolicy | undefined
  /** Reads now, where the file is another one. */
  refresh(): Promise<void>
  close(): void
}

export async function openRules(
  path: string,
  log: (sentence: string, values: JsonObject) => void,
): Promise<WatchRules> {
  let policy: CompiledPolicy | undefined
  let seen = ''
  const refresh = async () => {
    const mark = await stat(path).then(
      (one) => `${one.ino} ${one.mtimeMs} ${one.size}`,
      () => 'none',
    )
    if (mark === seen) return
    seen = mark
    try {
      const file = await readRegular(path, LIMIT)
      if (file === undefined) return
      const read = decode(compiledPolicy, parseJson(file.bytes.toString('utf8')))
      if (read.ok) policy = read.value
      else log('the rules cannot be read', { why: `${read.at}: ${read.why}` })
    } catch (error) {
      log('the rules cannot be read', { why: String(error) })
    }
  }
  await refresh()
  const timer = setInterval(() => void refresh(), POLL_MS)
  return { current: () => policy, refresh, close: () => clearInterval(timer) }
}
