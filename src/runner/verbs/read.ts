// The verb `read`: typed facts of the runner's own inventory. Never bytes of a secret file, never a path that is not declared.
import { SekishoError } from '../../base/error.ts'
import { after, instant, milliseconds } from '../../base/time.ts'
import { readDotenv } from '../../host/dotenv.ts'
import { readLast } from '../../host/error-log.ts'
import { isSecret, readDeclaredFile } from '../../host/file-facts.ts'
import { glanceAtHealth, readHealth } from '../../host/health.ts'
import { readImpact } from '../../host/impact.ts'
import { readUnit } from '../../host/unit-facts.ts'
import { readThroughLinks } from '../../host/walk.ts'
import { kindRow } from '../../plans/config-kinds/registry.ts'
import { fingerprint } from '../../plans/fingerprint.ts'
import { type ConfigFile, declaredFile, type Service, serviceOf } from '../../plans/policy.ts'
import { liveContent } from '../../restore/live-content.ts'
import { CHUNK } from '../../seal/protocol.ts'
import type { ReadAnswer, ReadRequest } from '../../seal/reads.ts'
import { readInventoryTarget } from '../inventory.ts'
import { isDeclaredUnit } from '../judge/inventory.ts'
import { keyedBy, type RunnerParts, readContext } from '../parts.ts'
import { publicValues } from '../public-values.ts'
import { redact } from '../redact.ts'
import { linesOf } from './rules.ts'

/** How long a read fingerprint counts as fresh (seal/checks.ts: 24 h); the judge reads again anyway. */
const FRESH_MS = 86_400_000
const FILE_LIMIT = 1_048_576
/** What one answer of an error log may hold; the newest lines are kept. */
const LOG_BYTES = 262_144

/** Everything but backups, stages and evidence, which those who make them answer. */
export async function readVerb(
  what: Exclude<
    ReadRequest,
    {
      readonly kind:
        | 'backups'
        | 'pruning'
        | 'standard'
        | 'stage'
        | 'stagedFile'
        | 'stages'
        | 'toolFiles'
        | 'commandFiles'
        | 'evidence'
        | 'evidenceItem'
        | 'evidenceCheck'
    }
  >,
  parts: RunnerParts,
): Promise<ReadAnswer> {
  // Before any rules could be read, the gate may ask which there were.
  if (what.kind === 'lines') return linesOf(what.of, what.from, parts)
  const policy = parts.policies.current
  const context = readContext(parts, policy)
  switch (what.kind) {
    case 'target': {
      const { target } = what
      if (!target.startsWith(`${parts.host}/`)) throw outside(target)
      const facts = await readInventoryTarget(target, context)
      const digest = fingerprint(target, facts)
      const now = instant(parts.clock.now())
      const known = parts.journal.index.reads.get(`${target} ${digest}`)
      // A quiet host is read often; the line is written again only when the last one is half way to its end.
      if (known === undefined || milliseconds(known) < milliseconds(now) + FRESH_MS / 2)
        await parts.journal.append('read', {
          kind: 'read',
          what: 'target',
          target,
          digest,
          expires: after(now, FRESH_MS),
        })
      return { kind: 'target', target, facts, fingerprint: digest }
    }
    case 'bytes': {
      declared(what.path, parts)
      if (isSecret(policy, what.path)) throw new SekishoError('runner.secret_readable', { path: what.path })
      const { facts, bytes } = await readDeclaredFile(what.path, context)
      if (facts.state.kind === 'secret') throw new SekishoError('runner.secret_readable', { path: what.path })
      if (bytes === undefined) throw new SekishoError('file.unreadable', { path: what.path, why: 'ENOENT' })
      return { kind: 'bytes', ...chunkOf(bytes, what.offset) }
    }
    case 'diagnostics': {
      const { execution, digest, offset } = what
      const named = parts.journal
        .known(execution)
        ?.lines.some(
          ({ body }) => body.kind === 'diagnostics' && body.items.some((one) => one.digest === digest),
        )
      if (named !== true) throw new SekishoError('runner.object_missing', { kind: 'diagnostics', digest })
      return { kind: 'diagnostics', ...chunkOf(await parts.objects.read('blob', digest), offset) }
    }
    case 'env': {
      if (!kindRow(declared(what.path, parts).kind).byKey) throw outside(what.path)
      const { bytes } = await readDeclaredFile(what.path, context)
      if (bytes === undefined) return { kind: 'env', present: false, keys: [] }
      const keyed = keyedBy(parts.keys)
      const keys = readDotenv(bytes).entries.map(({ key, value }) => ({
        key,
        keyed: keyed(Buffer.from(value)),
      }))
      return { kind: 'env', present: true, keys }
    }
    case 'secret':
      return { kind: 'secret', ...(await parts.secrets.newest(what.reference)) }
    case 'health': {
      const service = named(what.service, parts)
      return {
        kind: 'health',
        facts: await (what.glance === true ? glanceAtHealth : readHealth)(service.health, context),
      }
    }
    case 'unit': {
      if (!policy.services.some((service) => isDeclaredUnit(what.unit, service))) throw outside(what.unit)
      if (!context.systemctl)
        throw new SekishoError('runner.not_available', { what: what.unit, why: 'no systemd' })
      return { kind: 'unit', facts: await readUnit(what.unit, context) }
    }
    case 'envelope': {
      const { index } = parts.journal
      const stored = index.stored.get(what.digest)
      return {
        kind: 'envelope',
        ...(stored === undefined ? {} : { stored }),
        rejected: index.rejected.has(what.digest),
      }
    }
    case 'impact':
      declared(what.path, parts)
      return { kind: 'impact', facts: await readImpact(what.path, context) }
    case 'errorLog': {
      const path = named(what.service, parts).logs.error
      if (path === undefined) return { kind: 'errorLog', present: false, lines: [] }
      const window = await readLast(path, what.sinceMs, parts.clock.now())
      const text = redact(window.lines.join('\n'), await secretValues(parts))
      return { kind: 'errorLog', present: window.present, lines: newest(text.split('\n')) }
    }
    case 'content':
      return { kind: 'content', facts: await liveContent(named(what.service, parts), parts) }
  }
}

export function chunkOf(bytes: Buffer, offset: number) {
  const chunk = bytes.subarray(offset, offset + CHUNK)
  return {
    base64: chunk.toString('base64'),
    size: bytes.length,
    last: offset + chunk.length >= bytes.length,
  }
}

/** Values that must not leave: those put as secrets, and those that stand in declared dotenv files. */
export async function secretValues(parts: RunnerParts): Promise<readonly Buffer[]> {
  const values = [...(await parts.secrets.all())]
  const open = publicValues(parts.policies.current.services)
  for (const service of parts.policies.current.services)
    for (const file of service.files) {
      if (!kindRow(file.kind).byKey) continue
      const bytes = await readThroughLinks(file.path, FILE_LIMIT).catch(() => undefined)
      if (bytes === undefined) continue
      // Short values are ordinary words (a port, a level): taking them out would make every log unreadable.
      for (const { value } of readDotenv(bytes).entries)
        if (value.length >= SHORTEST_VALUE && !open.has(value)) values.push(Buffer.from(value))
    }
  return values
}
const SHORTEST_VALUE = 8

function newest(lines: readonly string[]): readonly string[] {
  const kept: string[] = []
  let bytes = 0
  for (const line of lines.toReversed()) {
    bytes += Buffer.byteLength(line) + 8
    if (bytes > LOG_BYTES || kept.length >= 2000) break
    kept.push(line.toWellFormed())
  }
  return kept.reverse()
}

function declared(path: string, parts: RunnerParts): ConfigFile {
  for (const service of parts.policies.current.services) {
    const file = declaredFile(service, path)
    if (file !== undefined) return file
  }
  throw outside(path)
}

function named(name: Service['name'], parts: RunnerParts): Service {
  const service = serviceOf(parts.policies.current, name)
  if (service === undefined) throw outside(name)
  return service
}

function outside(target: string): SekishoError {
  return new SekishoError('runner.outside_inventory', { target })
}
