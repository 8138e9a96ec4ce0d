// Instructions that docker and buildkit wrote into a history as Go prints values.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readable } from '../../www/text/dockerfile.js';

for (const [printed, expected] of [
  ['EXPOSE map[8080/tcp:{}]', 'EXPOSE 8080/tcp'],
  ['EXPOSE map[443/tcp:{} 53/udp:{} 8000-8010:{}]', 'EXPOSE 443/tcp 53/udp 8000-8010'],
  [
    `HEALTHCHECK &{["CMD" "/bin/cat" "/srv/a \\"b\\""] "30s" "3s" "0s" '\\x03'}`,
    'HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD ["/bin/cat","/srv/a \\"b\\""]',
  ],
  [
    `HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost/ || exit 1"] "5m0s" "3s" "10s" "2s" '\\n'}`,
    'HEALTHCHECK --interval=5m0s --timeout=3s --start-period=10s --start-interval=2s --retries=10 CMD curl -f http://localhost/ || exit 1',
  ],
  [`HEALTHCHECK &{["CMD-SHELL" "a\\nb"] "0s" "0s" "0s" '\\x00'}`, 'HEALTHCHECK CMD ["/bin/sh","-c","a\\nb"]'],
  [`HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\\x00'}`, 'HEALTHCHECK NONE'],
  // What is not what it seems stays.
  ['EXPOSE map[8080/tcp:{} $(x):{}]', 'EXPOSE map[8080/tcp:{} $(x):{}]'],
  ['EXPOSE 80', 'EXPOSE 80'],
  ['HEALTHCHECK &{[CMD] x}', 'HEALTHCHECK &{[CMD] x}'],
  ['RUN echo EXPOSE map[80/tcp:{}]', 'RUN echo EXPOSE map[80/tcp:{}]'],
]) {
  test(printed, () => assert.equal(readable(`FROM x\n${printed}\nUSER y\n`), `FROM x\n${expected}\nUSER y\n`));
}
