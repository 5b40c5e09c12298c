// A host as somebody runs it who has never heard of Sekisho: nginx with two sites and TLS, a Python service under gunicorn with its data in its git tree,
// a unit, an env file, logrotate, and a second disk.
import { type Host, MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'

export const SITE = '/etc/nginx/sites-available/shop'
export const DATA = '/srv/shop/data'
const TLS = '/etc/ssl/shop'

const APP = `import json, os
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')

def app(environ, start):
    path = environ['PATH_INFO']
    if path == '/health':
        answer, status = {'status': 'ok'}, '200 OK'
    elif path == '/articles':
        with open(os.path.join(DATA, 'articles.json')) as file:
            answer, status = json.load(file), '200 OK'
    else:
        answer, status = {'error': 'not found'}, '404 Not Found'
    start(status, [('Content-Type', 'application/json')])
    return [json.dumps(answer).encode()]
`

const UNIT = `[Unit]
Description=Shop
After=network.target

[Service]
User=shop
Group=shop
WorkingDirectory=/srv/shop
EnvironmentFile=/srv/shop/.env
ExecStart=/usr/bin/gunicorn --workers 1 --bind 127.0.0.1:8000 app:app
StandardError=append:/var/log/shop/error.log
Restart=on-failure

[Install]
WantedBy=multi-user.target
`

export const shopSite = (port: number) => `server {
    listen 443 ssl;
    server_name shop.example.jp;
    ssl_certificate ${TLS}/cert.pem;
    ssl_certificate_key ${TLS}/key.pem;
    access_log /var/log/nginx/shop.access.log;
    error_log /var/log/nginx/shop.error.log;
    location / {
        proxy_pass http://127.0.0.1:${port};
    }
}
`

export const staticSite = (name: string) => `server {
    listen 443 ssl;
    server_name ${name}.example.jp;
    ssl_certificate ${TLS}/cert.pem;
    ssl_certificate_key ${TLS}/key.pem;
    root /srv/${name};
}
`

/** Fifteen data files, as an application keeps them. */
export const FILES: readonly string[] = [
  'articles',
  'users',
  ...Array.from({ length: 13 }, (_, i) => `part${i + 1}`),
]

export const records = (name: string) =>
  JSON.stringify(
    Array.from({ length: 12 }, (_, i) => ({
      id: `${name}-${i + 1}`,
      title: `${name} ${i + 1}`,
      body: 'text',
    })),
    undefined,
    1,
  )

/** Makes that host of a test host with disks of their own at /srv/shop and /backup. */
export async function makeShop(host: Host): Promise<void> {
  await host.put('/srv/shop/app.py', APP)
  await host.put('/srv/shop/.env', 'SECRET_KEY=of-the-shop\n', 0o640)
  await host.put('/srv/shop/.gitignore', '.env\n__pycache__/\n')
  await host.ok(['mkdir', DATA])
  for (const name of FILES) await host.put(`${DATA}/${name}.json`, records(name))
  await host.put('/etc/systemd/system/shop.service', UNIT)
  await host.put(SITE, shopSite(8000))
  await host.put('/etc/nginx/sites-available/docs', staticSite('docs'))
  await host.put(
    '/etc/logrotate.d/shop',
    '/var/log/shop/*.log {\n    daily\n    rotate 7\n    missingok\n}\n',
  )
  const script = `
systemctl disable -q --now ${MIRAI_UNIT}
rm -f /etc/systemd/system/${MIRAI_UNIT} /etc/nginx/sites-*/mirai
useradd --system --no-create-home --shell /usr/sbin/nologin shop
install -d -o shop -g shop /var/log/shop && install -d /srv/docs && echo docs >/srv/docs/index.html
chown -R shop:shop ${DATA} && chown root:shop /srv/shop/.env
echo '127.0.0.1 shop.example.jp docs.example.jp wiki.example.jp' >>/etc/hosts
install -d -m 755 ${TLS}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=shop.example.jp \\
  -addext subjectAltName=DNS:shop.example.jp,DNS:docs.example.jp,DNS:wiki.example.jp -keyout ${TLS}/key.pem -out ${TLS}/cert.pem 2>/dev/null
chmod 600 ${TLS}/key.pem
for site in shop docs; do ln -s /etc/nginx/sites-available/$site /etc/nginx/sites-enabled/$site; done
cd /srv/shop && git init -q && git add . && git -c user.name=x -c user.email=x@example.jp commit -qm shop
systemctl daemon-reload && systemctl enable -q --now shop && systemctl restart nginx
`
  await host.ok(['bash', '-ec', script])
  await until('the shop to answer', 20_000, async () =>
    (await answer(host, 'shop.example.jp', '/health')) === 200 ? true : undefined,
  )
}

/** The status that a site answers with; 0 where nobody does. */
export async function answer(host: Host, name: string, path: string): Promise<number> {
  const { stdout } = await host.exec([
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '--cacert',
    `${TLS}/cert.pem`,
    `https://${name}${path}`,
  ])
  return Number(stdout)
}
