// The table of an isolation in the kernel, by the program nft: loaded in one transaction, taken away, and read back.
import { SekishoError } from '../base/error.ts'
import { ISOLATION_TABLE, NO_ISOLATION_RULES } from '../plans/isolation.ts'
import type { ProcessResult, run } from '../sys/process.ts'

const NFT_MS = 10_000

/** `unknown`: nft could not be asked, so nothing is known of the table. */
export type TableSeen =
  | { readonly state: 'present'; readonly listing: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly why: string }

export class IsolationTable {
  readonly #run: typeof run
  constructor(process: typeof run) {
    this.#run = process
  }

  /** Loads these rules in the place of whatever stood there, and answers how they are listed. Throws isolation.no_nftables, isolation.failed. */
  async load(rules: string): Promise<string> {
    await this.#say(rules)
    const seen = await this.look()
    if (seen.state === 'present') return seen.listing
    throw new SekishoError('isolation.failed', {
      why: seen.state === 'absent' ? 'the table is not there' : seen.why,
    })
  }

  async drop(): Promise<void> {
    await this.#say(NO_ISOLATION_RULES)
  }

  async look(): Promise<TableSeen> {
    const result = await this.#run(['nft', 'list', 'table', 'inet', ISOLATION_TABLE], {
      timeoutMs: NFT_MS,
      maxOutput: 65_536,
    })
    if (result.code === 0) return { state: 'present', listing: result.stdout }
    if (/No such file or directory/.test(result.stderr)) return { state: 'absent' }
    return { state: 'unknown', why: whyOf(result) }
  }

  async #say(rules: string): Promise<void> {
    const result = await this.#run(['nft', '-f', '-'], { input: rules, timeoutMs: NFT_MS })
    if (result.code === 0) return
    if (result.notStarted === 'ENOENT') throw new SekishoError('isolation.no_nftables')
    throw new SekishoError('isolation.failed', { why: whyOf(result) })
  }
}

function whyOf({ notStarted, timedOut, signal, stderr, code }: ProcessResult): string {
  if (notStarted !== undefined) return notStarted
  if (timedOut) return 'nft did not end'
  return stderr.trim().slice(0, 300) || (signal ?? `exit ${code}`)
}
