# worker.sh WEB INTERVAL: asks the shop for its products and makes a report, again and again.
web=$1 every=$2
while :; do
	if curl -fsS -m 2 -o /var/lib/worker/products.json "$web/products"; then
		tr ',' '\n' </var/lib/worker/products.json | grep -c '"name"' >/var/lib/worker/report.new
		mv /var/lib/worker/report.new /var/lib/worker/report.txt
		date -u +%FT%TZ >>/var/log/worker.log
	fi
	sleep "$every"
done
