// The same by programs. $1: the URL of the layer; $2: the image for skopeo; $3: an empty folder; $4: the layer as a file.

/** The layer goes into sha256sum too. What it prints, and the list, end in files. */
const verified = (list) => `
exec {sum}> >(sha256sum > "$3/sum"); pid=$!
curl -sSf "$1" | tee /dev/fd/$sum | ${list} > "$3/list"
exec {sum}>&-; wait $pid
cut -d' ' -f1 "$3/sum"; wc -l < "$3/list"`;

const skopeo = (target) => `skopeo copy --quiet --insecure-policy --src-tls-verify=false "docker://$2" "${target}"`;

export const scripts = {
  tar: verified('tar tz'),
  zstdTar: verified('zstd -dcq | tar t'),
  zstdSums: verified('zstd -dcq | sha256sum'),
  skopeoTar: `${skopeo('dir:$3/image')}
hex=\${1##*:}; echo $hex; tar tzf "$3/image/$hex" | wc -l`,
  umoci: `${skopeo('oci:$3/layout:one')}
umoci raw unpack --image "$3/layout:one" "$3/rootfs"`,
  umociRootless: `${skopeo('oci:$3/layout:one')}
umoci raw unpack --rootless --image "$3/layout:one" "$3/rootfs"`,
  zstd: 'zstd -dcq "$4" > /dev/null',
};

/** Seconds of processor time that `times` prints, of bash and of all that it ran. */
export function secondsOf(text) {
  const found = [...text.matchAll(/(\d+)m([\d.]+)s/g)].slice(-4);
  return found.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
