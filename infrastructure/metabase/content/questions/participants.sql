select participants from analytics.participants where project = {{project}}
