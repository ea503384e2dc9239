{{ service_resources('aws_monitoring') }}
