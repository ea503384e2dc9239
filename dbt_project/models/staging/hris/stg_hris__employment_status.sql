with source as ({{ new_runs('hris', 'employment_status') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        {{ json_text('record', '$.id') }} as status_row_id,
        {{ json_text('record', '$.employeeId') }} as employee_id,
        try_cast({{ json_text('record', '$.date') }} as date) as effective_date,
        {{ json_text('record', '$.employmentStatus') }} as employment_status,
        nullif({{ json_text('record', '$.terminationReasonId') }}, '') as termination_reason,
        {{ json_text('record', '$.comment') }} as comment,

        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
