select mean_mmol from analytics.participants where project = {{project}}
