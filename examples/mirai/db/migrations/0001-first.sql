-- Users and articles. `written` is the order in which records were put last: a file of JSON keeps it by itself.
CREATE SEQUENCE writes;
CREATE TABLE users (
  id text PRIMARY KEY,
  username text NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('admin', 'editor', 'reader')),
  password text NOT NULL,
  written bigint NOT NULL DEFAULT nextval('writes')
);
CREATE TABLE articles (
  id text PRIMARY KEY,
  title text NOT NULL,
  body text NOT NULL,
  tags jsonb NOT NULL CHECK (jsonb_typeof(tags) = 'array'),
  author text NOT NULL,
  changed_at timestamptz NOT NULL,
  written bigint NOT NULL DEFAULT nextval('writes')
);
