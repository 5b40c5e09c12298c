// What a proof compares with, taken before the first action and journalled: invocations, nginx children, sockets, ends of logs.
import { type Decoder, integer, list, matching, object, optional, record, text } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import type { ReadContext } from '../../host/context.ts'
import { type LogMark, markLog } from '../../host/error-log.ts'
import { markJournal } from '../../host/journal-log.ts'
import { effectiveNginx, NGINX_MAIN } from '../../host/nginx-live.ts'
import { readUnitState } from '../../host/unit-facts.ts'
import type { Plan } from '../../plans/plan.ts'
import { serviceOf } from '../../plans/policy.ts'
import type { ActContext } from '../act/context.ts'
import { type SitesBefore, sitesBefore, sitesBeforeDecoder } from './sites.ts'

export interface ProofBaseline {
  readonly boot: string
  readonly uptime: number
  readonly units: Readonly<
    Record<
      string,
      {
        readonly invocation: string
        readonly restarts: number
        readonly active: string
        readonly mainPid: number
      }
    >
  >
  readonly logs: readonly LogMark[]
  /** End of the access log of the proxy in front, where a unit is told something. */
  readonly access?: LogMark
  /** Of the host's journal. */
  readonly cursor?: string
  /** Effective nginx files, where the plan has an nginx proof. */
  readonly effective: readonly { readonly path: string; readonly digest: Digest }[]
  /** What the touched sites answered, where the plan has an nginx proof. */
  readonly sites?: SitesBefore
}

export async function proofBaseline(plan: Plan, c: ActContext): Promise<ProofBaseline> {
  const nginx = plan.proof.flatMap((proof) => (proof.kind === 'nginx' ? [proof] : []))
  const access = unitsOf(plan).length > 0 ? serviceOf(c.policy, plan.service)?.logs.access : undefined
  const [units, cursor, sites] = await Promise.all([
    Promise.all(
      (c.systemctl ? unitsOf(plan) : []).map(async (unit) => [unit, await unitNow(unit, c)] as const),
    ),
    c.systemctl ? markJournal(c.run) : undefined,
    nginx.length > 0 && c.systemctl ? sitesBefore(plan, c) : undefined,
  ])
  return {
    boot: c.clock.boot(),
    uptime: c.clock.uptime(),
    units: Object.fromEntries(units),
    logs: await Promise.all([...new Set(nginx.map((proof) => proof.errorLog))].map(markLog)),
    ...(access === undefined ? {} : { access: await markLog(access) }),
    ...(cursor === undefined ? {} : { cursor }),
    effective: nginx.length === 0 ? [] : effectiveNginx(NGINX_MAIN, c),
    ...(sites === undefined ? {} : { sites }),
  }
}

async function unitNow(unit: string, c: ReadContext): Promise<ProofBaseline['units'][string]> {
  const { invocation, restarts, active, mainPid } = await readUnitState(unit, c)
  return { invocation, restarts, active, mainPid }
}

/** Every unit that an action or a proof names. */
export function unitsOf(plan: Plan): readonly string[] {
  const acted = plan.actions.flatMap(({ action }) => (action.kind === 'unit' ? [action.unit] : []))
  const proven = plan.proof.flatMap((proof) => ('unit' in proof ? [proof.unit] : []))
  return [...new Set([...acted, ...proven])]
}

const word = text({ max: 4096 })
const mark = object({ path: word, device: word, inode: word, size: integer() })

/** Reads it back from the journal after a restart of the runner. */
export const proofBaselineDecoder: Decoder<ProofBaseline> = object({
  boot: word,
  uptime: integer(),
  units: record(
    object({ invocation: word, restarts: integer(), active: word, mainPid: integer() }),
    /^[^\0]+$/,
  ),
  logs: list(mark),
  access: optional(mark),
  cursor: optional(word),
  effective: list(object({ path: word, digest: matching(isDigest, 'a digest') }), 5000),
  sites: optional(sitesBeforeDecoder),
})
