// Hosted services and their like, each by the one grammar of nouns and verbs. A row says only what its tool says differently; a tool
// without a difference is a name.
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'
import { CLUSTERS } from './clusters.ts'
import { FORGES } from './forges.ts'
import { carryOut, DEEP_OPTIONS, type Hosted, hosted, speak } from './hosted.ts'

/** Command lines that speak the common grammar. */
const COMMON =
  'okta algolia apigeecli bitwarden bw buildkite-agent bunny checkly clerk clickhousectl cloudsmith confluent contentful convex cockroach cortextool crossplane dagger deno-deploy eas elastic-agent eventstore expo fastlane fossa gcx getambassador grafanactl grafana-cli harness hasura honeycomb humanitec influx jfrog jf keycloak kcadm.sh launchctl-remote lacework lago logdna logtail mailgun meilisearch mongocli neonctl neon ngrok nhost northflank pd pscale planetscale pm postman prismic qovery rancher render sanity scalingo sentry-cli sendgrid shopify signoz snyk sonar-scanner spacelift spacectl square sumo surge svcat tailscale teleport tctl tsh temporal tctl thanos tidbcloud ticloud timescale tyk-cli turso twilio twistcli typesense unkey upstash uptimerobot workos xata zeet zitadel zoho braintree paypal plaid adyen airtable amplify appwrite argo flux istioctl linkerd kumactl cilium cmctl eksctl kops rosa talosctl k3d minikube vcluster clusterctl kn faas-cli openfaas nais porter replicated waypoint boundary skaffold devspace okteto zarf jenkins-jobs jjb travis drone woodpecker-cli tkn spin mosquitto_ctrl concourse jira linear pagerduty opsgenie victorops statuspage rootly incident dtctl dynatrace elasticsearch-plugin opensearch-cli bonsai akamai bunnynet keycdn stackpath imperva gcore edgecast dnsimple namecheap porkbun route53 lexicon kcctl kafkactl kcat pulsarctl nsc emqx emqx_ctl activemq artemis solace ibmmq zkcli etcdctl dkron step smallstep certbot lego infisical akeyless conjur cyberark bws teller chamber sops-cloud aws-vault granted saml2aws keepassxc-cli passbolt dashlane lpass nordpass psono juju octopus upsun dokku caprover chezmoi databricks snow huggingface-cli hf kaggle couchbase-cli pg_autoctl influxd-ctl yb-admin hub-tool headscale pvesh vmrun storcli storcli64 perccli cfssl synadm cosign lando ddev wp-env crc orbctl utmctl'

const SPECIFIC: readonly Hosted[] = [
  {
    names: 'heroku',
    runs: 'run',
    changes:
      'config:set access:add members:add drains:add kill restart detach maintenance:on access:update clients:update restore pg:copy pg:killall leave transfer stack:set upgrade unfollow unschedule resize lock stacks:set container:release certs:update domains:update webhooks:update authorizations:update config:edit members:set maintenance:run redis:maintenance pg:push pg:pull pg:maintenance:run apps:stacks:set repo:gc',
    short: 'ra',
  },
  {
    names: 'fly flyctl',
    short: 'acC',
    changes: 'release',
    // Machines are replaced for it.
    also: /^(?:deploy|launch|(?:image|machines?|m|redis|volumes?) update|scale (?:vm|memory)|apps move|secrets (?:set|import|deploy))\b/,
    aside: 'build-only no-deploy stage',
  },
  {
    names: 'railway convox',
    deletes: 'down',
    short: '',
    runs: 'run',
    also: /^(?:up|deploy|variables? set)\b/,
  },
  { names: 'splunk', deletes: 'clean', changes: 'offline', short: '' },
  {
    names: 'firebase',
    changes: 'auth:import',
    short: 'P',
    also: /^(?:deploy|functions:(?:secrets|config):set)(?: |$)/,
  },
  { names: 'argocd', options: 'prune', changes: 'set unset patch', short: '' },
  {
    names: 'vercel now',
    except: 'now',
    short: 'AStQs',
    asks: 'status',
    changes: 'move transfer',
    live: 'prod',
    also: /^alias set\b/,
  },
  { names: 'netlify ntl', changes: 'env:clone', short: '', live: 'prod p' },
  {
    names: 'wrangler',
    short: 'ce',
    changes: 'rollback restore',
    also: /^(?:deploy|publish|versions deploy|secret[ :](?:put|bulk))\b/,
  },
  { names: 'deployctl', short: '', live: 'prod' },
  { names: 'supabase', deep: DEEP_OPTIONS, also: /^(?:functions deploy|secrets set)\b/ },
  // Releases of what runs: who starts one puts it before the users.
  { names: 'kamal mrsk', short: 'cdrhpv', also: /^(?:deploy|redeploy|setup)\b/ },
  { names: 'cap mina', short: 'frstg', also: /^(?:[\w-]+ )?deploy(?: |$)/ },
  { names: 'dep deployer', short: 'fos', also: /^deploy(?: |$)/ },
  { names: 'copilot', deep: DEEP_OPTIONS, also: /^(?:(?:svc|job|env|app|pipeline) )?deploy\b/ },
  { names: 'azd', short: 'eC', deletes: 'down', also: /^(?:up|deploy|provision)\b/ },
  // Clusters on whatever cloud: `down` takes them apart with their disks.
  { names: 'sky', short: '', deletes: 'down', changes: 'autostop' },
  { names: 'keytool', options: 'delete', short: '', wordless: true },
  { names: 'doppler', short: 'pct', changes: 'unlock', also: /^secrets (?:set|upload)\b/ },
  {
    names: 'vault bao openbao',
    deletes: 'disable seal',
    changes: 'step-down rekey generate-root move restore',
    short: '',
    // What would be asked is shown, and not asked.
    dry: 'output-curl-string output-policy',
    // What is written there is said to the server itself: what it is, and who may do what; a secret that is put there takes the place of the last one.
    also: /^(?:write (?:-\S+ )*(?:sys|identity|auth)\/(?!\S*\/?login\b)|kv (?:put|patch)\b|policy write\b|auth (?:enable|tune|move)\b)/,
  },
  { names: 'op', short: '', changes: 'edit' },
  { names: 'cf cf7 cf8', deep: DEEP_OPTIONS, changes: 'restage' },
  { names: 'auth0', deep: DEEP_OPTIONS, changes: 'block' },
  {
    names: 'stripe',
    changes: 'roll',
    short: 'dp',
    deletes: 'cancel',
    // Money that has gone does not come back.
    also: /^(?:(?:refunds|payouts|transfers|topups) create\b|post \/v1\/(?:refunds|payouts|transfers|topups)\b)/,
  },
  { names: 'fastly', changes: 'activate deactivate', short: 'stv' },
  { names: 'circleci', short: '', deletes: 'unlist', changes: 'push' },
  { names: 'deck', changes: 'sync apply', short: 's' },
  {
    names: 'kong',
    changes: 'down quit',
    deletes: 'migrations:reset',
    short: 'cp',
    also: /^migrations (?:up|finish)\b/,
  },
  { names: 'nats', short: 's', deletes: 'rm', changes: 'rmm seal edit step-down' },
  { names: 'velero ark', short: 'n' },
  {
    names: 'restic',
    deletes: 'rewrite',
    short: 'rpo',
    bundles: true,
    changes: 'unlock migrate rebuild-index repair passwd tag',
    dry: 'n',
  },
  {
    names: 'borg borg2 borgmatic',
    deletes: 'compact recreate',
    changes: 'break-lock change-passphrase',
    short: 'aPCm',
    bundles: true,
    dry: 'n',
  },
  {
    names: 'kopia duplicity bup rustic proxmox-backup-client autorestic resticprofile',
    deletes: 'remove-older-than remove-all-but-n-full cleanup prune-older gc',
    short: '',
  },
  { names: 'rdiff-backup', options: 'remove-older-than', short: '' },
  { names: 'btrbk', deletes: 'clean', dry: 'n', short: 'c' },
  { names: 'snapper', changes: 'undochange', short: 'c' },
  { names: 'timeshift', options: 'delete delete-all restore', short: '', wordless: true },
  {
    names: 'pgbackrest barman',
    changes: 'restore recover',
    flags: 'delta force',
    short: '',
  },
  {
    names: 'wal-g wal-e',
    changes: 'backup-fetch',
    confirms: 'confirm',
    short: '',
  },
  // Keys and certificates of everybody that it has signed for.
  { names: 'easyrsa easyrsa3', deletes: 'init-pki', short: '' },
  { names: 'patronictl repmgr', changes: 'failover switchover reinit edit-config', short: 'cdkr' },
  {
    names: 'rabbitmqctl',
    changes:
      'stop_app stop eval rpc_eval close_connection close_all_connections change_password set_permissions set_topic_permissions set_user_tags',
    short: 'np',
    except: 'rotate_logs',
  },
  { names: 'rabbitmqadmin', short: 'HPupVNc' },
  {
    names:
      'kafka-topics kafka-topics.sh kafka-consumer-groups kafka-consumer-groups.sh kafka-acls kafka-acls.sh kafka-configs kafka-configs.sh kafka-delegation-tokens kafka-delegation-tokens.sh kafka-reassign-partitions kafka-reassign-partitions.sh kafka-transactions kafka-features',
    options: 'delete remove reset-offsets delete-offsets delete-config alter execute expire abort',
    wordless: true,
    short: '',
  },
  {
    names: 'kafka-delete-records kafka-delete-records.sh',
    options: 'offset-json-file',
    short: '',
    wordless: true,
  },
  {
    names: 'nodetool',
    changes:
      'decommission removenode assassinate disablebinary disablegossip disablethrift stopdaemon truncatehints',
    deletes: 'clearsnapshot',
    short: 'hpuw',
  },
  { names: 'tarsnap', options: 'nuke d', short: 'fCTX', wordless: true },
  { names: 'flarectl pdnsutil knotc rndc gdnsdctl', deletes: 'zone-purge delzone', short: 'csky' },
  { names: 'pup promtool mimirtool amtool', short: '' },
  {
    names: 'vim-cmd',
    short: '',
    also: /^(?:vmsvc\/(?:destroy|unregister|power\.(?:off|reset|reboot|shutdown|suspend)|snapshot\.(?:remove|revert))|hostsvc\/\w*(?:exit|reboot|shutdown))/,
  },
  { names: 'lxd', changes: 'shutdown recover', short: '' },
  { names: 'datadog-ci', deletes: 'uninstrument', short: '' },
  { names: 'ipfs', deletes: 'gc', short: 'c' },
  { names: 'dvc', deletes: 'gc', short: '' },
  {
    names: 'jenkins-cli jenkins-cli.jar',
    changes: 'quiet-down safe-shutdown safe-restart disable-job offline-node groovy groovysh',
    short: 'slp',
  },
  {
    names: 'gitlab-rake gitlab-ctl gitlab-backup gitlab-runner',
    changes: 'gitlab:backup:restore restore gitlab:cleanup',
    deletes: 'gitlab:setup cleanse',
    short: '',
  },
  { names: 'ansible-galaxy', short: 'p' },
  { names: 'vagrant', changes: 'halt reload restore', short: '' },
  {
    names:
      'multipass lima limactl colima orb virsh prlctl vzctl VBoxManage vboxmanage lxc incus xe qm pct govc esxcli',
    deletes:
      'undefine unregistervm snapshot-delete vol-delete vol-wipe pool-delete pool-destroy net-undefine net-destroy iface-undefine iface-destroy nwfilter-undefine secret-undefine checkpoint-delete managedsave-remove',
    // What was written since the snapshot is gone.
    changes: 'poweroff halt off snapshot-revert managedsave restore blockcommit blockpull',
    short: 'c',
    flags: 'hmp pretty return-value',
    // What is said to the system inside, or to what it runs on.
    also: /^qemu-(?:agent|monitor)-command \S+ .*?\b(?:guest-(?:shutdown|suspend|exec\b|set|file-(?:open|write)|fsfreeze-freeze)|system_(?:powerdown|reset)|quit|stop|drive_del|device_del)/,
  },
  { names: 'tilt', deletes: 'down', short: 'f' },
  { names: 'garden', deletes: 'cleanup' },
  { names: 'werf', deletes: 'dismiss cleanup' },
  { names: 'oras regclient', short: '' },
  { names: 'gam', changes: 'deprovision', short: '' },
  { names: 'zerotier-cli', changes: 'leave', short: 'pTD' },
  { names: 'flink', short: 'mtz' },
  { names: 'stolonctl', changes: 'failkeeper' },
  { names: 'pvecm', deletes: 'delnode' },
  { names: 'birdc birdc6', changes: 'down', short: 's' },
  { names: 'doveadm', deletes: 'expunge', changes: 'kick', short: 'uAFSfo' },
  // What is no longer referred to goes for good.
  {
    names: 'proxmox-backup-manager',
    deletes: 'wipe-disk wipedisk',
    also: /^(?:garbage-collection|gc) start\b/,
    short: '',
  },
  { names: 'targetcli', deletes: 'clearconfig', short: '' },
  { names: 'megacli MegaCli MegaCli64', options: 'LDDel CfgClr CfgLdDel PDClear PDOffline', short: '' },
  { names: 'redfishtool', changes: 'setbootoverride setassettag', short: 'rupACFHIMTsdil' },
  { names: 'racadm', changes: 'powerdown powercycle hardreset graceshutdown racreset', short: 'rup' },
  { names: 'consul', changes: 'maint' },
  { names: 'nomad', changes: 'gc eligibility' },
  { names: 'rpk', deletes: 'trim-prefix', changes: 'alter-config' },
  { names: 'pulsar-admin', deletes: 'skip skip-all', changes: 'unload' },
  { names: 'cloudflared', deletes: 'cleanup', also: /^tunnel route (?:dns|lb|ip add)\b/ },
  { names: 'dnscontrol', changes: 'push' },
  { names: 'octodns-sync', options: 'doit', wordless: true },
  { names: 'newrelic', deletes: 'api-access-delete-keys' },
  { names: 'acme.sh', options: 'remove revoke deactivate uninstall', short: 'd', wordless: true },
  // To switch a feature on and off is what they are for.
  { names: 'flipt unleash ldcli growthbook flagsmith configcat', options: 'drop', except: 'disable' },
  {
    names: 'serverless sls sst chalice zappa up apex eb sam beanstalk architect arc amplify',
    changes: 'abort',
    short: 's',
    also: /^(?:deploy(?! list)|publish|push|update)(?: |$)/,
    aside: 'no-execute-changeset',
  },
]

const JENKINS = SPECIFIC.find(({ names }) => names.startsWith('jenkins-cli'))

/** `java -jar jenkins-cli.jar …`: an archive is a tool of its own, and what follows it are its words. */
const JAVA: Tool = {
  names: 'java',
  style: 'posix',
  harmless: '-',
  act: (call) => {
    const at = call.args.findIndex(({ value }) => literal(value) === '-jar')
    const archive = call.args[at + 1]
    const name = archive === undefined ? undefined : literal(archive.value)
    const own = name === undefined ? undefined : /(?:^|\/)(bfg|flyway|liquibase)[\w.-]*\.jar$/.exec(name)?.[1]
    if (archive !== undefined && own !== undefined)
      call.shell.start({ ...archive, value: [own] }, call.args.slice(at + 2), call.stdin, call.span)
    if (
      at === -1 ||
      archive === undefined ||
      JENKINS === undefined ||
      name?.endsWith('jenkins-cli.jar') !== true
    )
      return undefined
    const inner = { ...call, name: archive, args: call.args.slice(at + 2) }
    const said = speak(inner, JENKINS)
    if (said !== undefined) carryOut(inner, said, JENKINS)
    return undefined
  },
}

/** The feature service's client and coreutils share a name: the latter never has a third word. */
const SPLIT: Tool = {
  names: 'split',
  style: 'posix',
  harmless: 'help version',
  act: (call) => {
    const tool = { names: 'split' }
    const said = speak(call, tool)
    if (said !== undefined && said.nouns.length > 0 && said.objects.length > 0) carryOut(call, said, tool)
    return undefined
  },
}

export const PLATFORMS: readonly Tool[] = [
  ...FORGES,
  JAVA,
  SPLIT,
  hosted({ names: COMMON, deep: DEEP_OPTIONS }),
  ...SPECIFIC.map(hosted),
  ...CLUSTERS,
]
