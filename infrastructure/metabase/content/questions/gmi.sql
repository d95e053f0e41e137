select gmi_percent from analytics.participants where project = {{project}}
