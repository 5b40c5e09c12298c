// Ids carry their kind, in the text and in the type.

/** `CHG-2026-0001` */
export type ChangeId = string & { readonly change: unique symbol }
/** `CHG-2026-0001/1` */
export type ExecutionId = string & { readonly execution: unique symbol }
/** `INC-2026-0001` */
export type IncidentId = string & { readonly incident: unique symbol }
/** A service's name in sekisho.yaml. */
export type ServiceName = string & { readonly service: unique symbol }
/**
 * What is locked and fenced: `host/kind:name`, such as `web1/file:/etc/nginx/sites-available/mirai`,
 * `web1/unit:mirai.service`, `web1/nginx`, `web1/data:/var/lib/mirai/data`, `web1/database:5432/mirai`.
 */
export type TargetId = string & { readonly target: unique symbol }
/** A person's or an agent's short name in sekisho.yaml: `ops1`, `claude`. */
export type ActorId = string & { readonly actor: unique symbol }

const CHANGE = /^CHG-\d{4}-\d{4,}$/
const INCIDENT = /^INC-\d{4}-\d{4,}$/
const EXECUTION = /^(CHG-\d{4}-\d{4,})\/(\d{1,6})$/
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
const TARGET =
  /^[a-z0-9][a-z0-9._-]{0,62}\/(nginx|isolation|(?:file|data|code|command):\/[^\0\n]{1,4095}|unit:[A-Za-z0-9:_.\\@-]{1,255}|(?:database|schema):\d{1,5}\/[^\0\n]{1,63})$/

export function isChangeId(value: unknown): value is ChangeId {
  return typeof value === 'string' && CHANGE.test(value)
}
export function isExecutionId(value: unknown): value is ExecutionId {
  return typeof value === 'string' && EXECUTION.test(value)
}
export function isIncidentId(value: unknown): value is IncidentId {
  return typeof value === 'string' && INCIDENT.test(value)
}
export function isServiceName(value: unknown): value is ServiceName {
  return typeof value === 'string' && NAME.test(value)
}
export function isActorId(value: unknown): value is ActorId {
  return typeof value === 'string' && NAME.test(value)
}
export function isTargetId(value: unknown): value is TargetId {
  return typeof value === 'string' && TARGET.test(value)
}

export function changeId(year: number, number: number): ChangeId {
  return `CHG-${year}-${String(number).padStart(4, '0')}` as ChangeId
}
export function incidentId(year: number, number: number): IncidentId {
  return `INC-${year}-${String(number).padStart(4, '0')}` as IncidentId
}
export function executionId(change: ChangeId, number: number): ExecutionId {
  return `${change}/${number}` as ExecutionId
}
export function changeOf(execution: ExecutionId): ChangeId {
  return execution.slice(0, execution.indexOf('/')) as ChangeId
}
export function fileTarget(host: string, path: string): TargetId {
  return `${host}/file:${path}` as TargetId
}
export function unitTarget(host: string, unit: string): TargetId {
  return `${host}/unit:${unit}` as TargetId
}
/** A data directory: its identity is the baseline, its content is the service's. */
export function dataTarget(host: string, directory: string): TargetId {
  return `${host}/data:${directory}` as TargetId
}
/** The code of a service: its release, or its work tree. */
export function codeTarget(host: string, directory: string): TargetId {
  return `${host}/code:${directory}` as TargetId
}
/** The directory of a declared command: its files are the baseline. */
export function commandTarget(host: string, directory: string): TargetId {
  return `${host}/command:${directory}` as TargetId
}
export function databaseTarget(host: string, port: number, name: string): TargetId {
  return `${host}/database:${port}/${name}` as TargetId
}
/** What the database holds its rows in: its identity is the database's, its state the catalogue. */
export function schemaTarget(host: string, port: number, name: string): TargetId {
  return `${host}/schema:${port}/${name}` as TargetId
}
export function nginxTarget(host: string): TargetId {
  return `${host}/nginx` as TargetId
}

/** Whether the host is cut off, and for which incident. */
export function isolationTarget(host: string): TargetId {
  return `${host}/isolation` as TargetId
}

/** Byte order of UTF-8, the order in which targets are locked and listed (spine §6). */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
