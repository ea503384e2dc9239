{{ places_listed(ref('stg_aws_services__resources'), 'aws_services.resources') }}
