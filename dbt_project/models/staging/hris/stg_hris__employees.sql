with source as ({{ new_runs('hris', 'employees') }}),

renamed as (
    select
        _day,
        _run_id,
        _seq,

        -- keys
        {{ json_text('record', '$.id') }} as employee_id,
        {{ json_text('record', '$.employeeNumber') }} as employee_number,
        nullif({{ json_text('record', '$.supervisorEId') }}, '') as supervisor_id,

        -- person
        {{ json_text('record', '$.displayName') }} as display_name,
        nullif({{ json_text('record', '$.workEmail') }}, '') as work_email,
        nullif({{ json_text('record', '$.location') }}, '') as location,
        nullif({{ json_text('record', '$.jobTitle') }}, '') as job_title,

        -- employment; an empty date is the text 0000-00-00
        {{ json_text('record', '$.status') }} as status,
        {{ json_text('record', '$.employmentHistoryStatus') }} as employment_history_status,
        try_cast({{ json_text('record', '$.hireDate') }} as date) as hire_date,
        try_cast({{ json_text('record', '$.terminationDate') }} as date) as termination_date,
        {{ utc(json_text('record', '$.lastChanged')) }} as last_changed_at,

        -- refusal
        {{ json_int('error', '$.status') }} as error_status,
        {{ json_text('error', '$.code') }} as error_code
    from source
)

select * from renamed
