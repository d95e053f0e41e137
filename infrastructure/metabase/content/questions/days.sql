select days from analytics.participants where project = {{project}}
