// Command lines of what runs on machines of one's own: storage clusters, queues, schedulers of jobs, directories, applications. The same
// grammar of nouns and verbs; a row says only what its tool says differently.
import { readArguments } from '../arguments.ts'
import type { Call } from '../shell.ts'
import { nameOf, type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { infra } from './container-run.ts'
import { type Hosted, hosted } from './hosted.ts'

const ROWS: readonly Hosted[] = [
  // Storage and its replication.
  {
    names: 'ceph rados',
    deletes: 'rmomapkey rmxattr zap rmsnap',
    changes: 'out down fail set-nearfull-ratio',
    short: 'pcnk',
    // What all of them keep, and how many times.
    also: /^(?:config (?:set|rm)|osd (?:set|unset|reweight|crush (?:reweight|move|set|unlink)|pool set)|mgr module disable|fs set|mon (?:enable|set))\b/,
  },
  {
    names: 'rbd radosgw-admin cephadm',
    deletes: 'rm-cluster zap',
    changes: 'feature flatten',
    short: 'pcnk',
  },
  { names: 'gluster', changes: 'replace-brick reset-brick', short: '' },
  {
    names: 'drbdadm drbdsetup',
    changes: 'down secondary invalidate invalidate-remote wipe-md create-md',
    short: '',
  },
  { names: 'pcs crm crmsh', changes: 'standby cleanup disable maintenance', short: 'f' },
  // Queues and schedulers of work.
  { names: 'celery', changes: 'pool_restart', short: 'Abn' },
  { names: 'rq rqscheduler', short: 'ucP' },
  { names: 'sidekiqctl faktory', changes: 'quiet', short: '' },
  { names: 'airflow prefect dagster kestra', deletes: 'reset', changes: 'clean', short: '' },
  { names: 'mlflow wandb clearml zenml', deletes: 'gc', short: '' },
  { names: 'rabbitmq-plugins rabbitmq-upgrade rabbitmq-queues', changes: 'disable', short: 'np' },
  { names: 'kafka-storage kafka-storage.sh', deletes: 'format', short: 'tc' },
  // Engines of search and of columns.
  { names: 'solr', short: 'cdpz' },
  {
    names: 'curator curator_cli es_cli',
    deletes: 'delete_indices delete_snapshots forcemerge',
    changes: 'close',
    short: '',
  },
  { names: 'elasticsearch-keystore opensearch-keystore', deletes: 'remove', short: '' },
  // The node forgets what it was a part of.
  {
    names: 'elasticsearch-node opensearch-node',
    deletes: 'repurpose unsafe-bootstrap detach-cluster remove-settings remove-customs',
    changes: 'override-version',
    short: 'Ev',
  },
  { names: 'elasticsearch-users', deletes: 'userdel', changes: 'passwd roles', short: 'arp' },
  {
    names: 'cbt',
    deletes:
      'deletetable deletefamily deleterow deletecolumn deleteallrows deleteinstance deletecluster deletebackup deletesnapshot deleteappprofile',
    short: '',
  },
  { names: 'tiup', deletes: 'destroy clean', changes: 'scale-in', short: '' },
  // Directories of people.
  {
    names: 'samba-tool ipa',
    deletes: 'user-del group-del host-del dnszone-del',
    changes: 'disable demote user-disable',
    short: 'UHDSP',
  },
  { names: 'adcli realm dsconf dsctl dsidm dscreate', changes: 'leave', short: 'DwZ' },
  // Applications.
  {
    names: 'wp',
    deletes: 'reset clean',
    changes: 'deactivate search-replace',
    except: 'flush cache transient',
    short: '',
    also: /^maintenance-mode activate\b/,
  },
  {
    names: 'drush',
    deletes: 'sql-drop sql:drop site-install site:install si entity-delete entity:delete',
    changes: 'pm:uninstall pmu',
    except: 'cr cache-rebuild cache:rebuild cc',
    short: 'lr',
    also: /^(?:state:set|sset|state-set) system\.maintenance_mode (?:1|true)\b/,
  },
  {
    names: 'magento n98-magerun n98-magerun2',
    deletes: 'setup:uninstall db:drop',
    except: 'cache:flush cache:clean',
    short: '',
    also: /^maintenance:enable\b/,
  },
  {
    names: 'occ',
    deletes: 'user:delete files:cleanup trashbin:cleanup versions:cleanup',
    changes: 'maintenance:mode app:disable',
    short: '',
  },
  { names: 'mmctl mattermost', changes: 'deactivate', short: '' },
  { names: 'gitea forgejo gogs', short: 'cw' },
  {
    names: 'ejabberdctl prosodyctl',
    deletes: 'unregister delete_old_messages delete_expired_messages',
    changes: 'kick_session leave_cluster',
    short: '',
  },
  { names: 'dog', short: '' },
  // Registries and stores of secrets.
  { names: 'gcrane crane regctl', short: 'p' },
  { names: 'pass gopass passage', deletes: 'rm', short: '' },
]

const emit = (call: Call, verb: 'delete' | 'change', type: string) =>
  infra(call, verb, type, undefined, literal(call.name.value))

export const CLUSTERS: readonly Tool[] = [
  ...ROWS.map(hosted),
  {
    // They have one thing to do, and their name says it.
    names: 'kafka-streams-application-reset kafka-leader-election',
    style: 'words',
    harmless: 'help version dry-run',
    act: (call) => {
      emit(call, 'change', 'kafka')
      return undefined
    },
  },
  {
    names: 'kafka-server-stop zookeeper-server-stop',
    act: (call) => {
      const name = nameOf(call).split('-')[0] ?? ''
      call.shell.emit(
        { verb: 'service.stop', on: { kind: 'service', manager: 'process', name: [name] } },
        call.span,
      )
      return undefined
    },
  },
  {
    // `yarn application -kill ID`, `spark-submit --kill ID`
    names: 'yarn mapred spark-submit',
    style: 'words',
    act: (call, args) => {
      const isYarn = nameOf(call) === 'yarn'
      if (isYarn && !/^(?:application|applicationattempt|app|container)$/.test(args.word(0) ?? ''))
        return undefined
      if (args.has('kill kill-task fail-task stop destroy')) emit(call, 'change', 'job')
      return undefined
    },
  },
  {
    // Jobs that are ended by their numbers, or all of somebody's.
    names:
      'scancel qdel qhold bkill bstop condor_rm condor_hold condor_vacate_job condor_off condor_drain oardel oarhold lprm cancel cupsdisable cupsreject',
    act: (call, args) => {
      if (args.operands.length > 0 || args.options.length > 0) emit(call, 'change', 'cancel')
      return undefined
    },
  },
  {
    // `scontrol update NodeName=n1 State=DRAIN`, `scontrol requeue 4711`
    names: 'scontrol',
    style: 'posix',
    act: (call, args) => {
      const [verb = '', ...rest] = args.operands.map(({ value }) => prefix(value).toLowerCase())
      const takes = rest.some((word) =>
        /^state=(?:down|drain|fail|suspend|power_down|reboot|inactive)/.test(word),
      )
      if (
        /^(?:shutdown|reboot|reboot_nodes|requeue|requeuehold|suspend|hold|uhold|delete|cancel_reboot|takeover|abort)$/.test(
          verb,
        ) ||
        (verb === 'update' && takes)
      )
        emit(call, verb === 'delete' ? 'delete' : 'change', verb)
      return undefined
    },
  },
  {
    // `pbsnodes -o n1`: it takes no work from then on.
    names: 'pbsnodes',
    short: 'osFCDN',
    act: (call, args) => {
      if (args.has('o C')) emit(call, 'change', 'offline')
      return undefined
    },
  },
  {
    // `postmulti -i out -e destroy`, `postmulti -p stop`
    names: 'postmulti',
    short: 'ieIGgp',
    act: (call, args) => {
      const edits = literal(args.value('e')?.value ?? []) ?? ''
      const runs = literal(args.value('p')?.value ?? []) ?? args.word(0) ?? ''
      if (/^(?:destroy|delete|deport)$/.test(edits)) emit(call, 'delete', edits)
      else if (/^(?:disable|import)$/.test(edits) || (args.has('p') && /^(?:stop|abort|drain)$/.test(runs)))
        emit(call, 'change', edits === '' ? runs : edits)
      return undefined
    },
  },
  {
    // Mail that waits: thrown away, put back, held.
    names: 'postsuper',
    short: 'dhHrRcl',
    act: (call, args) => {
      if (args.has('d')) emit(call, 'delete', 'mail')
      else if (args.has('h H r R')) emit(call, 'change', 'mail')
      return undefined
    },
  },
  {
    names: 'exim exim4',
    style: 'words',
    act: (call, args) => {
      if (args.options.some(({ name }) => /^M(?:rm|g|ad|es|et|eb|f|mad)/.test(name)))
        emit(call, args.has('Mrm') ? 'delete' : 'change', 'mail')
      return undefined
    },
  },
  {
    names: 'ldapdelete ldapmodify ldapadd ldapmodrdn ldappasswd',
    short: 'DwyYHhpbsfSdeEoOPRUXZ',
    act: (call, args) => {
      for (const file of args.values('f')) touch(call, 'path.read', file)
      if (args.has('n')) return undefined
      emit(call, literal(call.name.value) === 'ldapdelete' ? 'delete' : 'change', 'directory')
      return undefined
    },
  },
  {
    // `kadmin -q 'delprinc bob'`
    names: 'kadmin kadmin.local',
    short: 'prqcwsOkt',
    act: (call, args) => {
      for (const { value } of args.values('q'))
        if (/^\s*(?:del|ktrem|purgekeys|modprinc|cpw|change_password|addprinc|ank)/.test(prefix(value)))
          emit(call, /^\s*(?:del|purge|ktrem)/.test(prefix(value)) ? 'delete' : 'change', 'principal')
      return undefined
    },
  },
  {
    // `hdfs dfs -rm -r -skipTrash /x`, `hadoop fs -expunge`, `hdfs dfsadmin -safemode enter`
    names: 'hdfs hadoop',
    style: 'posix',
    act: (call) => {
      const args = readArguments(call.args, { style: 'words' })
      if (args.has('help usage')) return undefined
      if (args.has('rm rmr rmdir expunge truncate delete deleteSnapshot format'))
        emit(call, 'delete', 'files')
      else if (args.has('mv setrep chmod chown safemode shutdownDatanode failover disallowSnapshot'))
        emit(call, 'change', 'files')
      return undefined
    },
  },
]
