/* The interpreter raises errors by unwinding the native stack. These are the only frames of ours that it ever
 * unwinds through: the Rust side returns a verdict first and is gone when the error is raised. */

typedef struct lua_State lua_State;
typedef struct lua_Debug lua_Debug;

extern int lua_error(lua_State *L);
extern int lua_yield(lua_State *L, int results);
extern long lua_tointeger(lua_State *L, int index);

/* Both in vm/calls.rs. They return a number of results, or one of the verdicts. */
extern int anax_script_dispatch(lua_State *L, long primitive);
extern int anax_script_tick(lua_State *L, lua_Debug *where);

enum { VERDICT_RAISE = -1, VERDICT_YIELD = -2 };

#define FIRST_UPVALUE (-10003)

/* Every primitive is a closure of this function over its number. The error to raise is on top of the stack. */
int anax_script_call(lua_State *L) {
    int verdict = anax_script_dispatch(L, lua_tointeger(L, FIRST_UPVALUE));
    if (verdict >= 0) return verdict;
    if (verdict == VERDICT_YIELD) return lua_yield(L, 0);
    return lua_error(L);
}

void anax_script_hook(lua_State *L, lua_Debug *where) {
    int verdict = anax_script_tick(L, where);
    if (verdict == VERDICT_YIELD) lua_yield(L, 0);
    if (verdict == VERDICT_RAISE) lua_error(L);
}
