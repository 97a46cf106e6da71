// Package config reads the user's configuration file,
// $XDG_CONFIG_HOME/stoop/config.yaml (~/.config/stoop/config.yaml):
//
//	siems:
//	  prod:
//	    url: https://search.example.org:9200
//	    index: falco-*
//	    api_key_file: ~/.config/stoop/prod.key
//	  cloud:
//	    cloud_id: prod:ZXhhbXBsZQ==
//	    index: logs-falco.alerts-*
//	    credential_command: vault kv get -field=key secret/stoop
//	  logs:
//	    url: logzio://api-eu.logz.io
//	    api_key_env: LOGZIO_TOKEN
//	targets:
//	  oncall:
//	    url_file: ~/.config/stoop/slack.url
//	    min_priority: warning
//	desk: siem://prod
//
// No secret stands in it, only where one is: in a variable of the environment,
// in a file, or in what a command prints. What is wrong in it is said with file
// and line ([Error]).
package config
