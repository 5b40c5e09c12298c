// The commands of PowerShell: what each does, by its name or by the verb and the noun in it.
import type { Verb } from '../effect.ts'

/** What a cmdlet does, and to which kind of thing. */
export type Does =
  | {
      readonly on: 'path'
      readonly verb: Extract<Verb, `path.${string}`>
      readonly second?: Extract<Verb, `path.${string}`>
      readonly note?: string
    }
  | { readonly on: 'host'; readonly verb: 'host.shutdown' | 'host.reboot' }
  | { readonly on: 'service'; readonly verb: Extract<Verb, `service.${string}`> }
  | { readonly on: 'process' | 'code' | 'download' | 'start' | 'remote' }
  | { readonly on: 'device'; readonly verb: Extract<Verb, `device.${string}`> }
  | { readonly on: 'other'; readonly verb: Verb }

const CMDLETS = new Map<string, Does>()
const list = (names: string, does: Does): void => {
  for (const name of names.split(' ')) CMDLETS.set(name, does)
}
list('remove-item ri rm rmdir rd del erase remove-itemproperty', { on: 'path', verb: 'path.delete' })
list('set-content sc out-file set-item', { on: 'path', verb: 'path.write' })
list('clear-content clc clear-item', { on: 'path', verb: 'path.write', note: 'emptied' })
list('add-content ac', { on: 'path', verb: 'path.append' })
list('new-item ni md mkdir', { on: 'path', verb: 'path.create' })
list('move-item mi mv move rename-item ren rni', { on: 'path', verb: 'path.move', second: 'path.write' })
list('copy-item cpi cp copy', { on: 'path', verb: 'path.read', second: 'path.write' })
list('get-content gc cat type import-csv select-string sls', { on: 'path', verb: 'path.read' })
list('set-acl', { on: 'path', verb: 'path.chmod' })
list('stop-computer', { on: 'host', verb: 'host.shutdown' })
list('restart-computer', { on: 'host', verb: 'host.reboot' })
list('stop-service spsv', { on: 'service', verb: 'service.stop' })
list('restart-service', { on: 'service', verb: 'service.restart' })
list('suspend-service', { on: 'service', verb: 'service.stop' })
list('remove-service', { on: 'service', verb: 'service.disable' })
list('stop-process spps kill', { on: 'process' })
list('invoke-expression iex', { on: 'code' })
list('invoke-webrequest iwr curl wget invoke-restmethod irm start-bitstransfer', { on: 'download' })
list('start-process saps start', { on: 'start' })
list('invoke-command icm', { on: 'remote' })
list('format-volume', { on: 'device', verb: 'device.format' })
list('clear-disk initialize-disk remove-partition', { on: 'device', verb: 'device.partition' })
list('remove-vm remove-azresourcegroup remove-azvm', { on: 'other', verb: 'infra.destroy' })
list('set-dnsclientserveraddress set-dnsclientglobalsetting add-dnsclientnrptrule', {
  on: 'other',
  verb: 'net.configure',
})
list('clear-history clear-eventlog remove-eventlog', { on: 'other', verb: 'history.destroy' })

/** Every other cmdlet says in its first word what it does, and in its second to what. */
const TAKES =
  /^(?:remove|clear|disable|uninstall|unregister|reset|revoke|suspend|dismount|stop|restart)-(.+)$/
const NOUNS: readonly (readonly [RegExp, Verb])[] = [
  [/^netfirewall/, 'net.firewall'],
  [/^(?:netadapter|netroute|netip|dnsserver|dnsclient)/, 'net.configure'],
  [/^(?:ad|local)(?:user|group|computer|account|object|organizationalunit)/, 'privilege.account'],
  [/^scheduled(?:task|job)$/, 'schedule.remove'],
  [/^(?:windows(?:feature|optionalfeature|package)|appx|package$|module$|script$)/, 'privilege.remove'],
  [/^(?:virtualdisk|physicaldisk|storagepool|partition|disk)/, 'device.partition'],
  [/^(?:bitlocker|computerrestore|mppreference|uev|wsman|psremoting|vmreplication)/, 'host.change'],
  [/^(?:az|ec2|s3|rds|iam|ecs|lm|cf|gce|gcs|gke|vm|cluster|iis|web(?:site|apppool))/, 'infra.delete'],
]

/** Of a name in small letters. */
export function doesOf(name: string): Does | undefined {
  const known = CMDLETS.get(name)
  if (known !== undefined) return known
  const noun = TAKES.exec(name)?.[1]
  const verb = noun === undefined ? undefined : NOUNS.find(([nouns]) => nouns.test(noun))?.[1]
  return verb === undefined ? undefined : { on: 'other', verb }
}

const TYPED =
  'localuser localgroup aduser adgroup netadapter netfirewallrule netroute scheduledtask vm azvm azresourcegroup azstorageaccount ec2instance s3object s3bucket partition physicaldisk windowsfeature appxpackage module package bitlocker'
/** Those that are typed at a prompt; what is shorter is another program elsewhere. */
export const CMDLET_NAMES = [
  ...[...CMDLETS.keys()].filter((name) => name.includes('-')),
  ...TYPED.split(' ').flatMap((noun) =>
    ['remove', 'disable', 'stop', 'uninstall', 'unregister', 'clear', 'reset'].map(
      (verb) => `${verb}-${noun}`,
    ),
  ),
].join(' ')
