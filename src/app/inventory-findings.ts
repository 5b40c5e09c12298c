// What `sekisho init` found on a host, what it could not tell, and what it looks through.
import type { PathLook } from '../policy/host-check.ts'
import type { FoundCode } from './code-scan.ts'
import type { FoundDatabase } from './database-scan.ts'
import type { TreeData } from './tree-scan.ts'

/** What looks, handed in. */
export interface ScanView {
  /** Names in a directory, sorted; empty where it is not there. */
  readonly list: (directory: string) => Promise<readonly string[]>
  readonly read: (path: string) => Promise<string | undefined>
  readonly bytes: (path: string) => Promise<Uint8Array | undefined>
  readonly path: (path: string) => Promise<PathLook>
  /** Standard output of a program that only shows, or undefined when it failed. */
  readonly run: (argv: readonly string[]) => Promise<string | undefined>
  /** Status of a GET, without following anything. `ca`: a file with the certificates that count; absent, the public authorities. */
  readonly answer: (url: string, ca?: string) => Promise<number | undefined>
}

export interface FoundFile {
  readonly path: string
  readonly kind: 'nginx' | 'dotenv' | 'file'
  /** For people: the names that a site answers to, or what the file is for. */
  readonly about: readonly string[]
}

export interface FoundService {
  readonly name: string
  readonly unit?: string
  readonly description?: string
  /** The unit lies in /etc/systemd/system itself, so that it and its drop-ins can be declared as one. */
  readonly unitInEtc: boolean
  readonly unitPath?: string
  readonly files: readonly FoundFile[]
  readonly health?: FoundHealth
  readonly ports: readonly number[]
  readonly errorLog?: string
  readonly accessLog?: string
  /** Logs of its sites and its unit that `logs` has no place for. */
  readonly moreLogs: readonly string[]
  /** Directories that look like its data. */
  readonly data: readonly TreeData[]
  /** Of a local PostgreSQL, where it uses one. */
  readonly databases?: readonly FoundDatabase[]
  readonly repository?: string
  /** Proposed: the code, where the unit starts in a checkout or below a release. */
  readonly code?: FoundCode
  readonly certificates: readonly string[]
}

export interface FoundHealth {
  readonly url: string
  /** The site's own certificate, where no public authority vouches for it. */
  readonly ca?: string
}

/** What could not be told, by code with its values: words/init.ts has the sentences. */
export interface Unclear {
  readonly code:
    | 'no_health'
    | 'no_unit_of_site'
    | 'elsewhere'
    | 'template_unit'
    | 'env_pattern'
    | 'file_refused'
    | 'file_shared'
    | 'no_services'
    | 'no_systemd'
    | 'two_units'
    | 'name_odd'
    | 'own_certificate'
    | 'more_logs'
    | 'is_data'
    | 'broken_json'
    | 'passwords'
    | 'tracked_data'
    | 'no_backup_disk'
    | 'code_branch'
    | 'code_remote'
    | 'code_test'
    | 'code_lock'
    | 'code_packages'
  readonly values: Readonly<Record<string, string>>
}

export interface HostFindings {
  readonly services: readonly FoundService[]
  readonly unclear: readonly Unclear[]
  /** Private keys, and env files that no unit names: the guard keeps agents from them. */
  readonly secrets: readonly string[]
  /** Mount points on another disk than the data, the likeliest first. */
  readonly backupPlaces: readonly string[]
}
