select name, participants
  from analytics.overlapping
 where project = {{project}} and kind = 'systems-answered'
 order by participants desc, name
