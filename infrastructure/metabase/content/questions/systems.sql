select name, participants
  from analytics.overlapping
 where project = {{project}} and kind = 'systems'
 order by participants desc, name
