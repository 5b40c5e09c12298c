// What of a receipt is told on the card, which agents read too: verdict, step, counts, and paths that were known before the candidate ran.
import { dirname, resolve } from 'node:path'
import type { CodeRehearsal, CodeStaged } from '../../plans/code.ts'
import type { Receipt } from '../../plans/receipt.ts'
import { firstNames, told } from '../beside/checks.ts'

const SHOWN = 100

/** The first path of a comparison is told where it was known; what else is named was declared. */
function isToldOf({ code, what }: NonNullable<Receipt['fault']>, known: ReadonlySet<string>): boolean {
  return what !== undefined && (known.has(what) || (code !== 'different' && code !== 'outside'))
}

/** Code that nobody has approved chooses the names of what it leaves behind, and may write there what it has read: only names that were known before are told. */
export function knownPaths(
  { path, release, files }: Omit<CodeStaged, 'rehearsal' | 'schema'>,
  deployed: { readonly entries: readonly { readonly path: string }[] },
): ReadonlySet<string> {
  const at = release?.leads === undefined ? path : resolve(dirname(release.link), release.leads)
  return new Set([
    path,
    at,
    ...(release === undefined ? [] : [release.link, release.path, dirname(release.path)]),
    ...deployed.entries.map((one) => `${at}/${one.path}`),
    ...files
      .flatMap((one) => [one.path, ...(one.from === undefined ? [] : [one.from])])
      .map((one) => `${path}/${one}`),
  ])
}

function differencesTold(receipt: Receipt, known: ReadonlySet<string>): readonly string[] {
  const named = receipt.differences.filter(({ path }) => known.has(path)).slice(0, SHOWN)
  const others = receipt.differencesInAll - named.length
  const [after = 'back'] = receipt.differences.map((one) => one.after)
  return [
    ...named.map(({ path, field, after: when }) => `${when} ${field} ${path}`),
    ...(others > 0 ? [`${after} other ${others}`] : []),
  ]
}

export function rehearsalOf(
  receipt: Receipt,
  realSecrets: readonly string[],
  known: ReadonlySet<string>,
): CodeRehearsal {
  const {
    verdict,
    fault,
    deployMs,
    backMs,
    lost,
    secrets,
    notCompared,
    environment,
    expires,
    backHealthy,
    sockets,
    oldCode,
  } = receipt
  const both = (range: { readonly least: number; readonly most: number } | undefined) =>
    range === undefined ? [] : [Math.round(range.least), Math.round(range.most)]
  return {
    verdict: verdict === 'unknown' ? 'not_tried' : verdict,
    ...(fault === undefined
      ? {}
      : {
          red: {
            step: fault.step,
            ...(isToldOf(fault, known) ? { path: fault.what } : {}),
            why: fault.exit === undefined ? fault.code : `${fault.code} ${fault.exit}`,
          },
        }),
    deploy: both(deployMs),
    back: both(backMs),
    ...(lost === undefined
      ? {}
      : { lostDeploy: both(lost.deploy), lostBack: both(lost.back), perSecond: lost.perSecond }),
    backHealthy,
    ...(sockets.length === 0 ? {} : { sockets }),
    differences: differencesTold(receipt, known),
    stayed: firstNames(secrets.stayed, SHOWN - 1),
    notCompared: told(notCompared, SHOWN),
    realSecrets,
    environment,
    expires,
    ...(oldCode === undefined
      ? {}
      : {
          oldCode: {
            runs: oldCode.runs,
            ...(oldCode.fault === undefined ? {} : { step: oldCode.fault.step, why: whyOf(oldCode.fault) }),
          },
        }),
  }
}

const whyOf = ({ code, exit, what }: NonNullable<Receipt['fault']>) =>
  [code, ...(exit === undefined ? [] : [String(exit)]), ...(what === undefined ? [] : [what])].join(' ')
