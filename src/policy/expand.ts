// The declared configs of a service with everything that was left out filled in: one entry for each file or drop-in directory.
import { kindOfPath, kindRow } from '../plans/config-kinds/registry.ts'
import type { ConfigFile, Health } from '../plans/policy.ts'
import type { ConfigDocument, HealthDocument, ServiceDocument } from './document.ts'
import { isAdminPath } from './places.ts'

export const SYSTEM_UNITS = '/etc/systemd/system'

/** A file with the index of the entry that declared it. */
export interface DeclaredFile {
  readonly index: number
  readonly file: ConfigFile
}

/** `{ kind: systemd }` alone means the service's unit file and its drop-ins; without a unit there is nothing to expand. */
export function declaredFiles(service: ServiceDocument): readonly DeclaredFile[] {
  return (service.configs ?? []).flatMap((config, index) =>
    pathsOf(config, service.manager?.systemd).map((path) => ({ index, file: filled(config, path, service) })),
  )
}

function pathsOf(config: ConfigDocument, unit: string | undefined): readonly string[] {
  if (config.path !== undefined) return [config.path]
  const of = config.unit ?? unit
  if (config.kind === undefined || !kindRow(config.kind).unitFile || of === undefined) return []
  return [`${SYSTEM_UNITS}/${of}`, `${SYSTEM_UNITS}/${of}.d/*.conf`]
}

function filled(config: ConfigDocument, path: string, service: ServiceDocument): ConfigFile {
  const kind = config.kind ?? kindOfPath(path)
  const row = kindRow(kind)
  const activation = config.activation ?? row.activation
  const unit = config.unit ?? row.unit ?? service.manager?.systemd
  const probe = config.probe === undefined ? undefined : filledHealth(config.probe)
  return {
    path,
    kind,
    secret: row.byKey ?? config.secret ?? false,
    activation,
    ...(unit === undefined ? {} : { unit }),
    keep: config.keep ?? (isAdminPath(path) ? 'person' : 'proof'),
    ...(probe === undefined ? {} : { probe }),
  }
}

/** Two of three good answers, half a second apart, each within ten seconds. */
export function filledHealth(health: HealthDocument): Health | undefined {
  if (health.url === undefined) return undefined
  return {
    url: health.url,
    status: health.status ?? 200,
    json: Object.fromEntries((health.json ?? []).map(({ id, value }) => [id, value])),
    withinMs: health.within ?? 10_000,
    ...(health.ca === undefined ? {} : { ca: health.ca }),
    good: health.good ?? Math.min(2, health.of ?? 3),
    of: health.of ?? Math.max(3, health.good ?? 2),
    everyMs: health.every ?? 500,
  }
}
