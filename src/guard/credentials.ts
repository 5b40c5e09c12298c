// Where programs keep their keys, tokens and passwords, on every machine: protected without a word in any policy. A row of the policy with
// the same name takes the place of the one here.
import type { Answer, ProtectRow } from './policy.ts'

export interface CredentialRow extends Omit<ProtectRow, 'kind'> {
  readonly kind: 'secret' | 'system-secret'
  /** When it leaves the host; as `read` where it is not said. */
  readonly send?: Answer
  /** Told by its name alone, wherever a walk finds it. */
  readonly walks?: true
  /** Of one account alone: that the others are shut out is what its programs ask for. */
  readonly own?: true
}

const row = (
  name: string,
  paths: string,
  more: Partial<Omit<CredentialRow, 'name' | 'paths' | 'except'>> & { readonly except?: string } = {},
): CredentialRow => ({
  kind: 'system-secret',
  read: 'ask',
  write: 'ask',
  delete: 'ask',
  send: 'deny',
  ...more,
  name,
  paths: paths.split(' '),
  except: more.except?.split(' ') ?? [],
})

export const CREDENTIALS: readonly CredentialRow[] = [
  row('env-files', '/**/.env /**/.env.*', {
    kind: 'secret',
    read: 'deny',
    write: 'deny',
    delete: 'deny',
    except:
      '/**/.env.example /**/.env.sample /**/.env.template /**/.env.dist /**/.env.defaults /**/.env.schema /**/.env.d.ts /**/.env.*.example /**/.env.*.sample /**/.env.*.template /**/.env.*.dist',
  }),
  row('ssh-keys', '/**/.ssh/id_* /**/.ssh/identity /etc/ssh/ssh_host_*_key', {
    walks: true,
    own: true,
    except: '/**/.ssh/*.pub',
  }),
  // Whatever somebody has called it: what lies there and is none of the files that ssh knows by name is a key.
  row('ssh-keys-by-other-names', '/**/.ssh/*', {
    write: 'allow',
    except:
      '/**/.ssh/*.pub /**/.ssh/known_hosts* /**/.ssh/config /**/.ssh/config.* /**/.ssh/*.conf /**/.ssh/*.d /**/.ssh/authorized_keys* /**/.ssh/allowed_signers /**/.ssh/environment /**/.ssh/rc /**/.ssh/agent* /**/.ssh/*.sock',
  }),
  row(
    'credential-directories',
    '/**/.ssh /**/.gnupg/** /**/.aws /**/.azure /**/.kube /**/.config/gcloud /**/.password-store/** /**/.local/share/keyrings/** /**/Library/Keychains/**',
    { write: 'allow', own: true },
  ),
  row(
    'cloud-credentials',
    '/**/.aws/credentials /**/.aws/sso/cache/** /**/.aws/cli/cache/** /**/.azure/accessTokens.json /**/.azure/msal_token_cache.* /**/.azure/service_principal_entries.* /**/.config/gcloud/credentials.db /**/.config/gcloud/access_tokens.db /**/.config/gcloud/application_default_credentials.json /**/.config/gcloud/legacy_credentials/** /**/.oci/*.pem /**/.config/doctl/config.yaml /**/.boto /**/.s3cfg /**/rclone.conf /**/.rclone.conf /**/.terraform.d/credentials.tfrc.json /**/.vault-token',
    { own: true },
  ),
  row(
    'cluster-credentials',
    '/**/.kube/config /etc/kubernetes/*.conf /etc/kubernetes/pki/** /etc/rancher/k3s/k3s.yaml /run/secrets/** /var/run/secrets/** /**/.docker/config.json /**/.config/containers/auth.json /run/containers/*/auth.json /run/user/*/containers/auth.json /var/lib/rancher/*/server/node-token /var/lib/rancher/*/server/token /var/lib/kubelet/pki/** /var/lib/docker/swarm/certificates/** /**/.config/argocd/config /**/.talos/config /**/.tsh/keys/**',
    { own: true },
  ),
  row(
    'tool-tokens',
    '/**/.netrc /**/_netrc /**/.pgpass /**/.my.cnf /**/.mylogin.cnf /**/.git-credentials /**/.config/git/credentials /home/*/.npmrc /root/.npmrc /Users/*/.npmrc /**/.pypirc /**/.gem/credentials /**/.cargo/credentials /**/.cargo/credentials.toml /**/.m2/settings.xml /**/.composer/auth.json /**/.config/gh/hosts.yml /**/.config/hub /**/.config/glab-cli/config.yml /**/.config/op/** /**/.fly/config.yml /**/.config/stripe/config.toml /**/.wrangler/config/default.toml /**/.claude/.credentials.json /**/.config/sekisho/tokens.json /**/.codex/auth.json /**/.htpasswd /**/.msmtprc /etc/msmtprc /**/.config/msmtp/config /**/.fetchmailrc /**/.databrickscfg /**/.snowflake/config.toml /**/.snowflake/connections.toml /**/.config/hcloud/cli.toml /**/.config/linode-cli /**/.config/scw/config.yaml /**/.civo.json /**/.railway/config.json /**/.vercel/auth.json /**/com.vercel.cli/auth.json /**/.config/netlify/config.json /**/.supabase/access-token /**/.config/ngrok/ngrok.yml /**/.ngrok2/ngrok.yml /**/.cloudflared/*.json /**/.cloudflared/cert.pem /etc/cloudflared/*.json /etc/cloudflared/cert.pem /**/.config/sops/age/keys.txt /**/.vault_pass /**/.vault_pass.txt /**/vault_pass.txt /**/.vault-password /**/.vault_password /**/.doppler/.doppler.yaml /**/.sentryclirc /**/.circleci/cli.yml /**/configstore/firebase-tools.json /**/.pulumi/credentials.json /**/.terraformrc /**/.kaggle/kaggle.json /**/.cache/huggingface/token /**/.huggingface/token /**/.jfrog/jfrog-cli.conf* /**/.config/composer/auth.json /**/pypoetry/auth.toml /**/.config/tea/config.yml',
    { own: true },
  ),
  row(
    'system-passwords',
    '/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/security/opasswd /etc/ssl/private/** /etc/letsencrypt/**/privkey*.pem /etc/krb5.keytab /**/*.keytab /etc/NetworkManager/system-connections/** /etc/wireguard/*.conf /etc/ppp/*-secrets /etc/ipsec.secrets /etc/ipsec.d/private/** /etc/swanctl/private/** /etc/samba/private/** /var/lib/samba/private/** /etc/wpa_supplicant/*.conf /etc/mysql/debian.cnf /etc/bind/rndc.key /etc/rndc.key /etc/exim4/passwd.client /etc/postfix/sasl_passwd* /etc/sasldb2 /etc/sssd/sssd.conf /etc/pki/tls/private/** /etc/credstore/** /run/credentials/** /etc/ceph/*.keyring /proc/*/environ /proc/*/mem /proc/kcore /dev/mem /dev/kmem /dev/port',
  ),
  row(
    'browser-passwords',
    '/**/.mozilla/**/logins.json /**/.mozilla/**/key4.db /**/.mozilla/**/cookies.sqlite /**/Firefox/**/logins.json /**/Firefox/**/key4.db /**/google-chrome/*/Login*Data /**/google-chrome/*/Cookies /**/chromium/*/Login*Data /**/chromium/*/Cookies /**/Google/Chrome/*/Login*Data /**/Google/Chrome/*/Cookies',
  ),
  // What was typed, passwords among it, is looked at all day; that it leaves the host is another thing.
  row(
    'histories',
    '/**/.bash_history /**/.zsh_history /**/.sh_history /**/.python_history /**/.node_repl_history /**/.mysql_history /**/.psql_history /**/.sqlite_history /**/.rediscli_history /**/.mongosh/*_history /**/.local/share/fish/fish_history',
    { read: 'allow', write: 'allow', delete: 'allow', send: 'ask' },
  ),
  // Keys and state beside the code are read in everyday work; that they leave the host is another thing.
  row(
    'private-keys',
    '/**/*.pem /**/*.key /**/*.p12 /**/*.pfx /**/*.jks /**/*.keystore /**/*.kdbx /**/*.ppk /**/id_rsa /**/id_ed25519 /**/id_ecdsa /**/*.tfstate /**/*.tfvars /**/credentials.json /**/credentials.y*ml /**/credentials.toml /**/credentials.csv /**/credentials.txt /**/secrets.y*ml /**/secrets.json /**/secrets.toml /**/secrets.env /**/secrets.txt /**/service-account*.json /**/serviceaccount*.json /**/kubeconfig /**/*.kubeconfig /**/*.agekey /**/.npmrc /**/id_dsa /**/client_secret*.json /**/service_account*.json',
    { read: 'allow', write: 'allow', delete: 'allow', send: 'ask', except: '/**/*.pub' },
  ),
]
