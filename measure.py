import time,sys
t=time.process_time()
import runtime.stories, runtime.story_files
t1=time.process_time(); print("stories", t1-t)
import runtime.store.memory
t2=time.process_time(); print("memory", t2-t1)
import runtime.store.sql
t3=time.process_time(); print("sql", t3-t2)
import starlette.applications, runtime.web.app
t4=time.process_time(); print("web", t4-t3)
import aiohttp
t5=time.process_time(); print("aiohttp", t5-t4)
import runtime.sim.simulator
t6=time.process_time(); print("sim", t6-t5)
from runtime.store.sql import SqlStore
import tempfile, os
for i in range(3):
    d=tempfile.mkdtemp()
    w=time.time(); a=time.process_time()
    s=SqlStore(f"sqlite:///{d}/a.db"); s.prepare()
    print("prepare", time.process_time()-a, time.time()-w)
    s.close()
