// A restore as text: where each part comes from, and three lists of what would happen to the records that are there. This text is approved.
import { isFromBackup, type LossCounts, type Staged } from '../plans/restore.ts'
import { visibleLine } from '../words/layout.ts'

/** Names and figures only: the text is the same in every language, and its digest is sealed. */
export function restoreText(staged: Staged): string {
  const { parts, loss, passedOver, damaged, damagedThen = [], newestGood, oldestBad } = staged
  const lines = [
    ...parts.map((one) => {
      const what = one.kind === 'database' ? `database ${one.database}` : `${one.of} ${one.path}`
      const digest = `digest ${one.digest.slice(0, 12)}`
      if (!isFromBackup(one.from))
        return `${what} <- evidence of ${one.from.evidence} taken ${one.from.taken} stage ${one.from.stage.slice(0, 12)} ${digest}`
      const { backup, copy, taken, manifest } = one.from
      return `${what} <- ${backup} ${copy} taken ${taken} manifest ${manifest.slice(0, 12)} ${digest}`
    }),
    ...parts.flatMap((one) =>
      one.kind === 'exchange'
        ? [
            ...one.carried.map((path) => `= ${path} stays (secret, not in the copy)`),
            ...(one.missing ?? []).map(
              (path) => `= ${path} stays missing (secret, in no copy of this backup)`,
            ),
          ]
        : [],
    ),
    ...parts.flatMap((one) =>
      one.kind === 'database'
        ? (one.person ?? []).map((what) => `? ${one.database} needs a person: ${visibleLine(what)}`)
        : [],
    ),
    ...parts.flatMap((one) =>
      one.before === 'absent'
        ? [`nothing there now: ${one.kind === 'database' ? one.database : one.path}`]
        : [],
    ),
    ...parts.flatMap((one) =>
      one.after === 'absent'
        ? [`nothing there afterwards: ${one.kind === 'database' ? one.database : one.path}`]
        : [],
    ),
    ...passedOver.map(
      ({ backup, copy, why, where }) =>
        `passed over ${backup} ${copy}: ${why}${where === '' ? '' : ` ${where}`}`,
    ),
    ...(newestGood === undefined ? [] : [`newest good ${newestGood}`]),
    ...(oldestBad === undefined ? [] : [`oldest bad ${oldestBad}`]),
    ...damaged.map(({ part, why }) => `! ${visibleLine(part)} damaged now: ${visibleLine(why)}`),
    ...damagedThen.map(
      ({ part, why }) => `! ${visibleLine(part)} damaged in what comes: ${visibleLine(why)}`,
    ),
    ...loss.flatMap(lossLines),
  ]
  return `${lines.join('\n')}\n`
}

function lossLines(of: LossCounts): readonly string[] {
  const { part, gone, changed, back, unreadable, salvaged, keys } = of
  const figures = `gone ${gone}, changed ${changed}, back ${back}`
  const saved = salvaged === undefined ? '' : `, ${salvaged} records salvaged`
  const head = `${part}: ${figures}${unreadable ? `, not readable now${saved}` : ''}`
  const list = (mark: string, names: readonly string[], count: number) => [
    // A key is content of others: it must stay on its line.
    ...names.map((name) => `${mark} ${visibleLine(name)}`),
    ...(count > names.length ? [`${mark} and ${count - names.length} more`] : []),
  ]
  return [
    head,
    ...list('-', keys.gone, gone),
    ...list('~', keys.changed, changed),
    ...list('+', keys.back, back),
  ]
}

/** One line for the source of a part. */
export interface RestoreSource {
  readonly what: string
  readonly backup: string
  readonly copy: string
  readonly taken: string
}
/** A part that an earlier change has kept, and that is brought back. */
export interface EvidenceSource {
  readonly what: string
  readonly change: string
  readonly taken: string
}
export interface RestoreLoss {
  readonly part: string
  readonly gone: number
  readonly changed: number
  readonly back: number
  readonly isUnreadable?: true
  /** Of a file. */
  readonly salvaged?: number
  readonly keys: readonly string[]
}
export interface ReadRestore {
  readonly sources: readonly RestoreSource[]
  readonly evidence: readonly EvidenceSource[]
  readonly carried: readonly string[]
  /** Secrets without bytes anywhere. */
  readonly missing: readonly string[]
  /** Nothing is at the path: what comes back replaces nothing. */
  readonly absent: readonly string[]
  /** Nothing shall be at the path: what is there now is moved beside. */
  readonly emptied: readonly string[]
  readonly person: readonly { readonly database: string; readonly what: string }[]
  readonly passedOver: readonly { readonly backup: string; readonly why: string }[]
  readonly damaged: readonly { readonly part: string; readonly why: string }[]
  /** Of an original: what of it breaks the rules. */
  readonly damagedThen: readonly { readonly part: string; readonly why: string }[]
  readonly loss: readonly RestoreLoss[]
}

/** Parses the sealed text: the card shows what is sealed, and not what the gate reports beside it. */
export function readRestoreText(text: string): ReadRestore {
  const sources: RestoreSource[] = []
  const evidence: EvidenceSource[] = []
  const emptied: string[] = []
  const damagedThen: { part: string; why: string }[] = []
  const carried: string[] = []
  const missing: string[] = []
  const absent: string[] = []
  const person: { database: string; what: string }[] = []
  const passedOver: { backup: string; why: string }[] = []
  const damaged: { part: string; why: string }[] = []
  const loss: (RestoreLoss & { keys: string[] })[] = []
  for (const line of text.split('\n')) {
    const source = /^(?:directory|file|database) (.+) <- (\S+) (\S+) taken (\S+) manifest /.exec(line)
    const aside =
      /^(?:directory|file|database) (.+) <- evidence of (CHG-\S+) taken (\S+) stage [0-9a-f]{12} digest [0-9a-f]{12}$/.exec(
        line,
      )
    const then = /^nothing there afterwards: (.+)$/.exec(line)
    const stays = /^= (.+) stays \(/.exec(line)
    const hand = /^\? (.+?) needs a person: (.+)$/.exec(line)
    const gone = /^= (.+) stays missing \(/.exec(line)
    const none = /^nothing there now: (.+)$/.exec(line)
    const over = /^passed over (\S+) \S+: (.+)$/.exec(line)
    const counts =
      /^(.+): gone (\d+), changed (\d+), back (\d+)(, not readable now(?:, (\d+) records salvaged)?)?$/.exec(
        line,
      )
    if (source !== null) {
      const [, what = '', backup = '', copy = '', taken = ''] = source
      sources.push({ what, backup, copy, taken })
    } else if (aside !== null) {
      const [, what = '', change = '', taken = ''] = aside
      evidence.push({ what, change, taken })
    } else if (then !== null) emptied.push(then[1] ?? '')
    else if (gone !== null) missing.push(gone[1] ?? '')
    else if (none !== null) absent.push(none[1] ?? '')
    else if (stays !== null) carried.push(stays[1] ?? '')
    else if (hand !== null) person.push({ database: hand[1] ?? '', what: hand[2] ?? '' })
    else if (line.startsWith('! ')) {
      const [, part = '', when = '', why = ''] = /^! (.+) damaged (now|in what comes): (.*)$/.exec(line) ?? []
      ;(when === 'now' ? damaged : damagedThen).push({ part, why })
    } else if (over !== null) passedOver.push({ backup: over[1] ?? '', why: over[2] ?? '' })
    else if (counts !== null) {
      const [, part = '', gone, changed, back, unreadable, salvaged] = counts
      loss.push({
        part,
        gone: Number(gone),
        changed: Number(changed),
        back: Number(back),
        ...(unreadable === undefined ? {} : { isUnreadable: true }),
        ...(salvaged === undefined ? {} : { salvaged: Number(salvaged) }),
        keys: [],
      })
    } else if (/^[-~+] /.test(line)) loss.at(-1)?.keys.push(line)
  }
  return {
    sources,
    evidence,
    carried,
    missing,
    absent,
    emptied,
    person,
    passedOver,
    damaged,
    damagedThen,
    loss,
  }
}
