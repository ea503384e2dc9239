{{ service_resources('aws_services') }}
